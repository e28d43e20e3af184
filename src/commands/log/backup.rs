//! `icn backup`: copies a data directory, so that the copy can be opened. The library copies; this file reads
//! the arguments and prints the result.

use std::process::ExitCode;

use icn_runtime::backup::{Backed, Backup, BackupError};

use crate::commands::common::absent::is_wrong_copy;
use crate::commands::common::exit::{OK, stopped};
use crate::commands::common::from_to::FromTo;
use crate::commands::common::progress::progress_bar;
use crate::commands::common::report::print_report;

/// Back up a data directory. Its host may be running.
///
/// Copies what the host's newest signed checkpoint covers, byte by byte in the same segment files, with the
/// checkpoint, the verifier key and the secret keys. The result is a data directory that can be audited, that
/// a host can open, and from which `icn repair` can restore. Derived files (snapshots, compiled modules) are
/// not copied; the host makes them again. The checkpoint is written last, so a backup without one is not
/// complete.
///
/// The backup has the host's secret keys unless --without-keys is given. Protect it as you protect those
/// keys.
///
/// Exit code: 0 the backup is complete, 1 the log does not hold or a file cannot be written, 2 there is no
/// log or the arguments are wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    from_to: FromTo,
    /// Leave out the secret keys. Then no host can open the backup until you put them back
    #[arg(long)]
    without_keys: bool,
    /// Print the result as one JSON document
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
                "note: it has no keys: no host can open it until you put back host.key and scopes/"
            ),
            _ => writeln!(f, "note: it has the host's secret keys"),
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
