//! `icn export`: writes a log as files that other tools can read. The library writes them; this file reads
//! the arguments and prints the result.

use std::process::ExitCode;

use icn_runtime::export::{ExportError, Exported, export};

use crate::commands::common::absent::is_wrong_copy;
use crate::commands::common::exit::{OK, stopped};
use crate::commands::common::from_to::FromTo;
use crate::commands::common::progress::progress_bar;
use crate::commands::common::report::print_report;

/// Export a host's log as files that other tools can read. The host may be running.
///
/// Writes what the host's newest signed checkpoint covers: `log.car` with every block, `tiles/` with the
/// Merkle tree, the names of the entries and the signed `checkpoint`, in a layout for static web servers,
/// `log.vkey` with the key that verifies the checkpoint, and `policy.json` with what a verifier should
/// require of it. No secret is read or written. `icn audit --export`, `icn proof --export` and `icn import`
/// read such a directory on any machine.
///
/// Exit code: 0 the export is complete, 1 the log does not hold or a file cannot be written, 2 there is no
/// log or the arguments are wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    from_to: FromTo,
    /// Print the result as one JSON document
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
