//! `icn dag`: shows blocks and their links, as a list, as a graph or as a picture.
//!
//! - `shown.rs`: a block, as it is shown
//! - `walk.rs`: reads the log
//! - `query.rs`: finds the blocks that are asked for
//! - `dot.rs`: a graph in the language of Graphviz
//! - `svg.rs`: a picture
//!
//! Text of a guest or a log is escaped before it is printed.

mod dot;
mod query;
mod shown;
mod svg;
mod walk;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use icn_runtime::BlockId;

use crate::commands::common::absent::is_log_absent;
use crate::commands::common::exit::{misuse, ok_if, stopped};
use crate::commands::common::output::print;
use shown::Shown;
use walk::Failure;

/// How many entries are shown by default.
const SHOWN: usize = 20;

/// Show the blocks of a log and their links. The host may be running.
///
/// Shows what the host's newest signed checkpoint covers. Bytes are compared with their names. Signatures and
/// everything else are checked by `icn audit`. With --dot the blocks are printed as a graph in the language
/// of Graphviz: `icn dag show --data DIR --dot | dot -Tsvg > dag.svg`. With --svg they are drawn as a picture
/// that every browser shows: a lane is an author, a column is an entry, a box is a block, a line is a link.
///
/// Exit code: 0 it is shown, 1 the log does not hold or there is no such block or path, 2 there is no log or
/// the arguments are wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Args)]
struct Common {
    /// The data directory of a host; it is only read
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print a graph in the language of Graphviz
    #[arg(long, conflicts_with = "svg")]
    dot: bool,
    /// Print a picture in SVG
    #[arg(long)]
    svg: bool,
}

#[derive(Subcommand)]
enum What {
    /// Show the last entries and their blocks, or entries from a position on, or one block and its links
    Show {
        #[command(flatten)]
        common: Common,
        /// The block to show
        #[arg(value_name = "CID", conflicts_with_all = ["from", "count"])]
        block: Option<String>,
        /// The position of the first entry
        #[arg(long, value_name = "POSITION")]
        from: Option<u64>,
        /// Show at most so many entries [default: 20]
        #[arg(long, value_name = "N")]
        count: Option<usize>,
    },
    /// Show the last block of each author
    Heads {
        #[command(flatten)]
        common: Common,
    },
    /// Show the shortest path of links from a block to an earlier block
    Path {
        #[command(flatten)]
        common: Common,
        /// The block where the path begins
        #[arg(value_name = "FROM")]
        start: String,
        /// The block where the path ends
        #[arg(value_name = "TO")]
        end: String,
    },
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let parse = |text: &str| BlockId::parse(text).map_err(|error| format!("{text}: {error}"));
    let (common, shown) = match &arguments.what {
        What::Heads { common } => (common, query::heads(&common.data)),
        What::Show { common, block: None, from, count } => {
            (common, query::entries(&common.data, *from, count.unwrap_or(SHOWN)))
        }
        What::Show { common, block: Some(text), .. } => match parse(text) {
            Ok(id) => (common, query::block(&common.data, &id)),
            Err(why) => return misuse("dag", &why),
        },
        What::Path { common, start, end } => match parse(start).and_then(|start| Ok((start, parse(end)?))) {
            Ok((start, end)) => (common, query::path(&common.data, &start, &end)),
            Err(why) => return misuse("dag", &why),
        },
    };
    match shown {
        Ok(blocks) => {
            let text = match (common.dot, common.svg) {
                (true, _) => dot::graph(&blocks),
                (_, true) => svg::picture(&blocks),
                _ => table(&blocks),
            };
            ok_if(print("dag", text.trim_end()))
        }
        Err(error) => {
            let is_misuse = matches!(&error, Failure::Log(error) if is_log_absent(error));
            stopped("dag", &error, is_misuse)
        }
    }
}

/// The blocks as text: a line for each block, and its links below it.
fn table(blocks: &[Shown]) -> String {
    let mut text = String::new();
    for Shown { id, kind, bytes, position, links, .. } in blocks {
        let place = position.map_or_else(|| "-".to_owned(), |position| position.to_string());
        let _ = writeln!(text, "{place:>8}  {id}  {kind}, {bytes} bytes");
        for link in links {
            let _ = writeln!(text, "{:>8}    {link}", "");
        }
    }
    text
}
