//! `icn backup`: a copy of a data directory that opens.

use std::process::ExitCode;

use icn_runtime::backup::{Backed, Backup, BackupError};

use crate::commands::common::absent::is_wrong_copy;
use crate::commands::common::exit::{OK, stopped};
use crate::commands::common::from_to::FromTo;
use crate::commands::common::progress::progress_bar;
use crate::commands::common::report::print_report;

/// Back up a data directory, also while its host is running.
///
/// Copies what the host's newest signed checkpoint covers, byte by byte in the same segment files, with the
/// checkpoint, the verifier key, and the secret keys: the result is a data directory that audits, that a host
/// can open, and that `icn repair` restores from. What is derived (snapshots, compiled modules) is left out;
/// the host makes it anew. The checkpoint is written last: without one, a backup is not finished.
///
/// The backup has the host's secrets unless --without-keys is given: keep it as you keep those.
///
/// Exit code: 0 it is backed up, 1 the log does not hold or a file cannot be written, 2 there is no log, or
/// the arguments are not right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    from_to: FromTo,
    /// Leave the secret keys out: no host can open the backup before they are put back
    #[arg(long)]
    without_keys: bool,
    /// Print what was backed up as one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
#[serde(transparent)]
struct Report(Backed);

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Backed { origin, size, root, entries, segments, keys } = &self.0;
        writeln!(f, "log {origin}: {size} leaves of {entries} entries in {segments} files, {keys} keys")?;
        writeln!(f, "root {root}")?;
        match keys {
            0 => writeln!(
                f,
                "note: no key is in it: no host can open it before host.key and scopes/ are put back"
            ),
            _ => writeln!(f, "note: the host's secret keys are in it"),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let FromTo { data, out } = &arguments.from_to;
    let asked = Backup { data: data.clone(), out: out.clone(), has_keys: !arguments.without_keys };
    let bar = progress_bar(0, "backing up");
    let done = asked.run(&mut |leaves| bar.set_position(leaves));
    bar.finish_and_clear();
    match done {
        Ok(done) => print_report("backup", &Report(done), arguments.json, OK),
        Err(error) => {
            let is_misuse = match &error {
                BackupError::Lock(_) => true,
                BackupError::Copy(error) => is_wrong_copy(error),
            };
            stopped("backup", &error, is_misuse)
        }
    }
}
