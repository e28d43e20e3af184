//! The arguments of `icn audit`, and the audit that they ask for.

use std::path::{Path, PathBuf};

use icn_runtime::{Audit, Level, Subject, limits};

use crate::commands::common::files;
use crate::commands::common::trust::trust_policy;

/// Check a host's history. The check trusts nobody.
///
/// It reads the stored log from the first byte to the last. It checks every content address, signature,
/// parent, sequence number, state root and checkpoint, and computes the ledger from zero. It needs none of
/// the host's secrets, and it writes nothing except evidence of a fork. It reports the first thing that does
/// not hold: its position, its block, what was expected and what was found. If a host has the directory open,
/// only what the newest checkpoint covers is checked, and the report says so.
///
/// With --export it checks what `icn export` wrote, on any machine: every block of the CAR file, and that the
/// blocks give every tile, every bundle of entries and the checkpoint.
///
/// With a URL it fetches over plain http what `icn publish` wrote, and checks it. The server is trusted no
/// more than the host. For https, fetch the files with `wget --mirror` or `rsync`, and check the copy with
/// --export.
///
/// If the log does not have the history of a checkpoint given with --seen, and its own checkpoint proves
/// that, both checkpoints are written to a file that anyone can check with `icn fork`: the log signed two
/// histories.
///
/// Exit code: 0 everything holds, 1 something does not hold (the report says what) or the report could not be
/// written, 2 there is nothing to check (no data directory of a host, or it cannot be read) or the arguments
/// are wrong.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("log").required(true).args(["url", "data", "export"])))]
#[command(group(clap::ArgGroup::new("level").args(["structure", "ledger", "replay"])))]
pub(crate) struct Arguments {
    /// The address of a publication, as http://HOST:PORT/PATH/
    #[arg(value_name = "URL")]
    pub(super) url: Option<String>,
    /// With a URL: keep what is fetched in this new or empty directory, so that other commands can read it
    /// with --export [default: it is not kept]
    #[arg(long, value_name = "DIR", requires = "url")]
    pub(super) keep: Option<PathBuf>,
    /// With a URL: fetch at most this many bytes
    #[arg(long, value_name = "BYTES", requires = "url", default_value_t = limits::FETCH_BYTES_MAX)]
    pub(super) bytes_max: u64,
    /// The data directory of a host (as `icn demo --data DIR` leaves it)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// An export that `icn export` wrote
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Check only names, signatures, sequence numbers, the tree and the checkpoint
    #[arg(long)]
    structure: bool,
    /// Also check authority, states and balances; this is the default
    #[arg(long)]
    ledger: bool,
    /// Also run every invocation again, and compare its receipt byte for byte
    #[arg(long)]
    replay: bool,
    /// A signed checkpoint of this log that you have from elsewhere. The log must have this history, or have
    /// grown from it. May be given several times
    #[arg(long, value_name = "FILE")]
    seen: Vec<PathBuf>,
    /// Where evidence of a fork is written [default: a new file in the current directory]
    #[arg(long, value_name = "FILE")]
    pub(super) evidence: Option<PathBuf>,
    /// Whom you trust, as JSON: the log's key, witnesses, and how many of them must have cosigned the
    /// checkpoint. An earlier checkpoint counts too; then the log must have grown from it
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print the report as one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// Print the progress on standard error also where that is no terminal
    #[arg(long)]
    pub(super) progress: bool,
}

impl Arguments {
    /// The audit that is asked for. `fetched` is the directory of a publication that was fetched.
    pub(super) fn audit(&self, fetched: Option<&Path>) -> Result<Audit, String> {
        let subject = match (&self.data, fetched.or(self.export.as_deref())) {
            (Some(data), _) => Subject::Data(data.clone()),
            (None, Some(dir)) => Subject::Export(dir.to_owned()),
            (None, None) => return Err("name a log with --data, --export or a URL".into()),
        };
        let level = match (self.structure, self.replay) {
            (true, _) => Level::Structure,
            (_, true) => Level::Replay,
            _ => Level::Ledger,
        };
        let mut seen = Vec::new();
        for file in &self.seen {
            let note = String::from_utf8(files::input(Some(file))?);
            let note = note.map_err(|_| format!("{}: a checkpoint is text", file.display()))?;
            seen.push((file.display().to_string(), note));
        }
        let trust = self.policy.as_deref().map(trust_policy).transpose()?;
        Ok(Audit { subject, level, seen, trust })
    }
}
