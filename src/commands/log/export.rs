//! `icn export`: a log as files that other tools read.

use std::process::ExitCode;

use icn_runtime::export::{ExportError, Exported, export};

use crate::commands::common::absent::is_wrong_copy;
use crate::commands::common::exit::{OK, stopped};
use crate::commands::common::from_to::FromTo;
use crate::commands::common::progress::progress_bar;
use crate::commands::common::report::print_report;

/// Export a host's log as files that other tools read.
///
/// Writes what the host's newest signed checkpoint covers, also while the host is running: `log.car` with
/// every block, `tiles/` with the Merkle tree, the entries' names and the signed `checkpoint`, laid out for
/// static serving, `log.vkey` with the key that verifies the checkpoint, and `policy.json` with what a
/// verifier asks of it. No secret is read or written. `icn audit --export`, `icn proof --export` and `icn
/// import` read such a directory on any machine.
///
/// Exit code: 0 it is exported, 1 the log does not hold or a file cannot be written, 2 there is no log, or
/// the arguments are not right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    from_to: FromTo,
    /// Print what was exported as one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
#[serde(transparent)]
struct Report(Exported);

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Exported { origin, size, root, entries, blocks, car_bytes, tiles } = &self.0;
        writeln!(
            f,
            "log {origin}: {size} leaves of {entries} entries, {blocks} blocks in {car_bytes} bytes, {tiles} tiles"
        )?;
        writeln!(f, "root {root}")
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let FromTo { data, out } = &arguments.from_to;
    let bar = progress_bar(0, "exporting");
    let done = export(data, out, &mut |leaves| bar.set_position(leaves));
    bar.finish_and_clear();
    match done {
        Ok(done) => print_report("export", &Report(done), arguments.json, OK),
        Err(error) => {
            let is_misuse = match &error {
                ExportError::Copy(error) => is_wrong_copy(error),
                ExportError::Entry { .. } | ExportError::Authors(_) => false,
            };
            stopped("export", &error, is_misuse)
        }
    }
}
