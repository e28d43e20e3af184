//! `icn export`: a log as files that other tools read.

use std::path::PathBuf;
use std::process::ExitCode;

use icn_runtime::export::{ExportError, Exported, export};
use icn_runtime::{SignedLogError, StoreError};

use super::{FAILED, MISUSE, OK, print_report, progress_bar};

/// Export a host's log as files that other tools read.
///
/// Writes what the host's newest signed checkpoint covers, also while the host is running: `log.car` with every block,
/// `tiles/` with the Merkle tree, the entries' names and the signed `checkpoint`, laid out for static serving,
/// `log.vkey` with the key that verifies the checkpoint, and `policy.json` with what a verifier asks of it. No secret is
/// read or written. `icn audit --export`, `icn proof --export` and `icn import` read such a directory on any machine.
///
/// Exit code: 0 it is exported, 1 the log does not hold or a file cannot be written, 2 there is no log, or the
/// arguments are not right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The data directory of a host; it is only read
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to write it: a directory that is not there yet, or an empty one
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
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
    let bar = progress_bar(0, "exporting");
    let done = export(&arguments.data, &arguments.out, &mut |leaves| bar.set_position(leaves));
    bar.finish_and_clear();
    match done {
        Ok(done) => print_report("export", &Report(done), arguments.json, OK),
        Err(error) => {
            super::output::tell("export", &error);
            ExitCode::from(if is_misuse(&error) { MISUSE } else { FAILED })
        }
    }
}

/// Whether it is the arguments that are not right, rather than the log.
fn is_misuse(error: &ExportError) -> bool {
    match error {
        ExportError::NotEmpty(_) => true,
        ExportError::Log(error) => log_is_misuse(error),
        _ => false,
    }
}

/// Whether a log cannot be read because there is none to read.
pub(super) fn log_is_misuse(error: &SignedLogError) -> bool {
    match error {
        SignedLogError::NoCheckpoint(_) => true,
        SignedLogError::Store(StoreError::Io { source, .. }) => {
            matches!(source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied)
        }
        _ => false,
    }
}
