//! `icn import`: a data directory from an export.

use std::path::PathBuf;
use std::process::ExitCode;

use icn_runtime::export::{ImportError, Imported, import};

use crate::commands::common::absent::is_absent;
use crate::commands::common::exit::{OK, stopped};
use crate::commands::common::progress::progress_bar;
use crate::commands::common::report::print_report;

/// Make a data directory from an export.
///
/// The export is audited first, and nothing is created when it does not hold. The new directory has the log,
/// its checkpoint and its verifier key; `icn audit` gives the same size and root for it.
///
/// An export has no secrets, so the new directory has none: it can be audited, read and exported, and no host
/// can open it. Its owner makes it a host's again by putting back `host.key` and `scopes/` from a backup of
/// the old directory.
///
/// Exit code: 0 it is imported, 1 the export does not hold or a file cannot be written, 2 there is no export,
/// or the arguments are not right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The export, as `icn export` wrote it; it is only read
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data directory to make: one that is not there yet, or an empty one
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print what was imported as one JSON document
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
            "note: an export has no secrets: this directory can be audited, read and exported, and no host can open it before \
             host.key and scopes/ are put back"
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
