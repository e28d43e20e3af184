//! `icn dag`: blocks and their links, for a person to look at.

mod dot;
mod svg;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use icn_core::encode::{Block, Envelope, cbor};
use icn_core::log::{EntriesError, Link, Row};
use icn_core::name::Codec;
use icn_runtime::{BlockId, SignedLog, SignedLogError};

use super::output::{print, tell};
use super::text::line;
use super::{FAILED, MISUSE, OK, misuse};

/// Entries that are shown when nobody says how many.
const SHOWN: usize = 20;

/// Look at a log's blocks and their links.
///
/// Shows what the host's newest signed checkpoint covers, also while the host is running. Bytes are compared with their
/// names; for signatures and all else that makes a log hold there is `icn audit`. With --dot the same is printed as a
/// graph in the language of Graphviz: `icn dag show --data DIR --dot | dot -Tsvg > dag.svg`. With --svg it is drawn, as a
/// picture that any browser shows: an author a lane, an entry a column, a block a box, a link a line.
///
/// Exit code: 0 it is shown, 1 the log does not hold or there is no such block or path, 2 there is no log, or the arguments
/// are not right.
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
    /// Print a picture, as SVG
    #[arg(long)]
    svg: bool,
}

#[derive(Subcommand)]
enum What {
    /// Show entries and their blocks: the last ones, or those from a position on; or one block and its links
    Show {
        #[command(flatten)]
        common: Common,
        /// A block
        #[arg(value_name = "CID", conflicts_with_all = ["from", "count"])]
        block: Option<String>,
        /// The position of the first entry
        #[arg(long, value_name = "POSITION")]
        from: Option<u64>,
        /// How many entries, at most; 20 unless told
        #[arg(long, value_name = "N")]
        count: Option<usize>,
    },
    /// Show each author's last block
    Heads {
        #[command(flatten)]
        common: Common,
    },
    /// Show the shortest way by links from a block to one that came before it
    Path {
        #[command(flatten)]
        common: Common,
        /// Where the way begins: a CID
        #[arg(value_name = "FROM")]
        start: String,
        /// Where it leads: a CID
        #[arg(value_name = "TO")]
        end: String,
    },
}

/// A block as it is shown.
#[derive(Debug, Clone)]
struct Shown {
    id: BlockId,
    /// What kind of block it is.
    kind: String,
    bytes: usize,
    /// Its position, when it is a leaf.
    position: Option<u64>,
    links: Vec<BlockId>,
    /// Who signed the entry that brought it.
    author: String,
    /// The position of that entry.
    entry: u64,
}

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Log(#[from] SignedLogError),
    #[error("position {0}: {1}: run `icn audit`")]
    Entry(u64, EntriesError),
    #[error("{0} is not in the log, as far as it is signed")]
    NoSuchBlock(BlockId),
    #[error("no way of links leads from {0} to {1}")]
    NoWay(BlockId, BlockId),
}

/// Goes through a log, entry by entry, each block once.
struct Walk {
    log: SignedLog,
    row: Row,
}

impl Walk {
    fn open(data: &Path) -> Result<Self, Failure> {
        Ok(Self { log: SignedLog::open(data)?, row: Row::default() })
    }

    /// The next entry's blocks, each behind those that it links; the last one is its envelope.
    fn next(&mut self) -> Result<Option<Vec<Shown>>, Failure> {
        let Some((position, entry)) = self.log.next_entry()? else { return Ok(None) };
        let place = |id: &BlockId| (position..).zip(&entry.leaves).find(|(_, leaf)| *leaf == id);
        let blocks = self.row.next(&entry).map_err(|why| Failure::Entry(position, why))?;
        // An entry is its first leaf's author's, but for the legs of others in it.
        let mut authors = BTreeMap::new();
        for (payload, envelope) in blocks.iter().zip(blocks.iter().skip(1)) {
            if let (Some(_), Ok(link)) = (place(&envelope.id()), link_of(payload)) {
                let author = link.author.to_string();
                authors.extend([(payload.id(), author.clone()), (envelope.id(), author)]);
            }
        }
        let own = entry.leaves.first().and_then(|first| authors.get(first)).cloned().unwrap_or_default();
        let shown = |block: &&Block| Shown {
            id: block.id(),
            kind: kind_of(block),
            bytes: block.bytes().len(),
            position: place(&block.id()).map(|(at, _)| at),
            links: links_of(block),
            author: authors.get(&block.id()).unwrap_or(&own).clone(),
            entry: position,
        };
        Ok(Some(blocks.iter().map(shown).collect()))
    }
}

/// Whose a leaf with this payload is, and which of theirs.
fn link_of(payload: &Block) -> Result<Link, icn_core::encode::DecodeError> {
    icn_core::block::Payload::from_bytes(payload.bytes()).map(|payload| Link::of(&payload))
}

fn links_of(block: &Block) -> Vec<BlockId> {
    if block.id().codec() == Codec::Raw {
        return Vec::new();
    }
    cbor::strict(block.bytes()).unwrap_or_default()
}

/// What a block is: by its form, or by the `typ` that it states.
fn kind_of(block: &Block) -> String {
    if block.id().codec() == Codec::Raw {
        return "raw".into();
    }
    if Envelope::from_bytes(block.bytes()).is_ok() {
        return "envelope".into();
    }
    icn_core::block::Payload::kind(block.bytes()).map_or_else(|| "dag-cbor".into(), line)
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let parse = |text: &str| BlockId::parse(text).map_err(|error| format!("{text}: {error}"));
    let (common, shown) = match &arguments.what {
        What::Heads { common } => (common, heads(&common.data)),
        What::Show { common, block: None, from, count } => {
            (common, entries(&common.data, *from, count.unwrap_or(SHOWN)))
        }
        What::Show { common, block: Some(text), .. } => match parse(text) {
            Ok(id) => (common, block(&common.data, &id)),
            Err(why) => return misuse("dag", &why),
        },
        What::Path { common, start, end } => match parse(start).and_then(|start| Ok((start, parse(end)?))) {
            Ok((start, end)) => (common, path(&common.data, &start, &end)),
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
            if print("dag", text.trim_end()) { OK } else { ExitCode::from(FAILED) }
        }
        Err(error) => {
            tell("dag", &error);
            let is_misuse = matches!(&error, Failure::Log(error) if super::export::log_is_misuse(error));
            ExitCode::from(if is_misuse { MISUSE } else { FAILED })
        }
    }
}

/// The blocks for a person: a line each, its links below it.
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

/// The envelopes of each author's last entry, in the order of the authors' keys.
fn heads(data: &Path) -> Result<Vec<Shown>, Failure> {
    let (mut walk, mut last) = (Walk::open(data)?, BTreeMap::new());
    while let Some((position, entry)) = walk.log.next_entry()? {
        let row = walk.row.next(&entry).map_err(|why| Failure::Entry(position, why))?;
        // The entry's own envelope, and those of its legs.
        for pair in row.windows(2) {
            let [payload, envelope] = pair else { continue };
            let place = (position..).zip(&entry.leaves).find(|(_, leaf)| **leaf == envelope.id());
            let (Some((place, _)), Ok(link)) = (place, link_of(payload)) else { continue };
            let shown = Shown {
                id: envelope.id(),
                kind: format!("{}, number {} of {}", kind_of(payload), link.seq, link.author),
                bytes: envelope.bytes().len(),
                position: Some(place),
                links: links_of(envelope),
                author: link.author.to_string(),
                entry: position,
            };
            last.insert(link.author, shown);
        }
    }
    Ok(last.into_values().collect())
}

/// The blocks of so many entries: from a position on, or the last ones.
fn entries(data: &Path, from: Option<u64>, count: usize) -> Result<Vec<Shown>, Failure> {
    let (mut walk, mut kept) = (Walk::open(data)?, VecDeque::new());
    while let Some(blocks) = walk.next()? {
        let position = blocks.last().and_then(|block| block.position).unwrap_or(0);
        if from.is_some_and(|from| position < from) {
            continue;
        }
        if kept.len() == count {
            if from.is_some() || count == 0 {
                break;
            }
            kept.pop_front();
        }
        kept.push_back(blocks);
    }
    Ok(kept.into_iter().flatten().collect())
}

/// One block, and the blocks that it links, in the log's order.
fn block(data: &Path, id: &BlockId) -> Result<Vec<Shown>, Failure> {
    let (mut walk, mut found) = (Walk::open(data)?, None);
    while found.is_none() {
        let Some(blocks) = walk.next()? else { return Err(Failure::NoSuchBlock(*id)) };
        found = blocks.into_iter().find(|block| block.id == *id);
    }
    let (mut walk, mut shown) = (Walk::open(data)?, Vec::new());
    let found = found.ok_or(Failure::NoSuchBlock(*id))?;
    'log: while let Some(blocks) = walk.next()? {
        for block in blocks {
            if block.id == found.id {
                break 'log;
            }
            if found.links.contains(&block.id) {
                shown.push(Shown { links: Vec::new(), ..block });
            }
        }
    }
    shown.push(found);
    Ok(shown)
}

/// The shortest way by links from one block back to another. Links lead to what came before, so one pass is enough: of
/// each block that leads there, the next one on its way is kept.
fn path(data: &Path, start: &BlockId, end: &BlockId) -> Result<Vec<Shown>, Failure> {
    let mut walk = Walk::open(data)?;
    let mut ways: BTreeMap<BlockId, (usize, Option<BlockId>, Shown)> = BTreeMap::new();
    let (mut has_start, mut has_end) = (false, false);
    'log: while let Some(blocks) = walk.next()? {
        for block in blocks {
            let next = block.links.iter().filter_map(|link| Some((ways.get(link)?.0 + 1, Some(*link)))).min();
            let is_start = block.id == *start;
            if block.id == *end {
                has_end = true;
                ways.insert(block.id, (0, None, block));
            } else if let Some((length, next)) = next {
                ways.insert(block.id, (length, next, block));
            }
            if is_start {
                has_start = true;
                break 'log;
            }
        }
    }
    let (mut way, mut at) = (Vec::new(), Some(*start));
    while let Some((_, next, block)) = at.and_then(|id| ways.remove(&id)) {
        way.push(Shown { links: next.into_iter().collect(), ..block });
        at = next;
    }
    if way.is_empty() {
        return Err(if !has_start {
            Failure::NoSuchBlock(*start)
        } else if !has_end && block(data, end).is_err() {
            Failure::NoSuchBlock(*end)
        } else {
            Failure::NoWay(*start, *end)
        });
    }
    Ok(way)
}
