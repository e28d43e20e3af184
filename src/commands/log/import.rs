//! `icn import`: makes a data directory from an export. The library audits and writes; this file reads the
//! arguments and prints the result.

use std::path::PathBuf;
use std::process::ExitCode;

use icn_runtime::export::{ImportError, Imported, import};

use crate::commands::common::absent::is_absent;
use crate::commands::common::exit::{OK, stopped};
use crate::commands::common::progress::progress_bar;
use crate::commands::common::report::print_report;

/// Make a data directory from an export.
///
/// The export is audited first. If it does not hold, nothing is created. The new directory has the log, its
/// checkpoint and its verifier key, and `icn audit` reports the same size and root for it.
///
/// An export has no secrets, so the new directory has none. It can be audited, read and exported, but no host
/// can open it. Its owner can make it a host's directory again: put back `host.key` and `scopes/` from a
/// backup of the old directory.
///
/// Exit code: 0 the import is complete, 1 the export does not hold or a file cannot be written, 2 there is no
/// export or the arguments are wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The export that `icn export` wrote; it is only read
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data directory to make: a new or an empty directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print the result as one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
#[serde(transparent)]
struct Report(Imported);

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Imported { origin, size, root, scopes, invocations } = &self.0;
        writeln!(f, "log {origin}: {size} leaves of {scopes} scopes with {invocations} invocations")?;
        writeln!(f, "root {root}")?;
        writeln!(
            f,
            "note: an export has no secrets: this directory can be audited, read and exported, but no host can open it \
             until you put back host.key and scopes/"
        )
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let bar = progress_bar(0, "checking");
    let done = import(&arguments.from, &arguments.data, &mut |leaves| bar.set_position(leaves));
    bar.finish_and_clear();
    match done {
        Ok(done) => print_report("import", &Report(done), arguments.json, OK),
        Err(error) => {
            let is_misuse = match &error {
                ImportError::NotEmpty(_) | ImportError::Lock(_) => true,
                ImportError::Store(error) => is_absent(error),
                ImportError::Diverged(_) | ImportError::Changed(_) => false,
            };
            stopped("import", &error, is_misuse)
        }
    }
}
