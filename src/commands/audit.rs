//! `icn audit`: checks a log, from a data directory, from an export, or from a web server.

mod fetch;

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use icn_runtime::export::ExportLayout;
use icn_runtime::{Audit, BlockId, Hash, Invocation, Layout, Level, Listener, Receipt, Subject, limits};
use indicatif::ProgressBar;

use self::fetch::Fetched;
use super::output::{print, shell_word, tell};
use super::{FAILED, MISUSE, OK, files, misuse, progress_bar, trust_policy};

/// Check a host's history, trusting nobody.
///
/// Reads the stored log from its first byte to its last and checks every content address, signature, parent,
/// sequence, state root and checkpoint, and folds the ledger from zero. It needs none of the host's secrets and
/// writes nothing but evidence of a fork. The first thing that does not hold is named: position, block, what was expected, what was
/// found. While a host has the directory open, what its newest checkpoint covers is checked, and the report says so.
///
/// With --export it checks what `icn export` wrote, on any machine: every block of the CAR, and that every tile, every
/// bundle of entries and the checkpoint are what the blocks give.
///
/// With a URL it fetches what `icn publish` wrote from a web server over plain http, and checks that: the server is trusted
/// no more than the host. For https, let `wget --mirror` or `rsync` fetch the files, and check the copy with --export.
///
/// When the log is another than a checkpoint with --seen says, and its own checkpoint shows it, both are written to a file
/// that anyone can check with `icn fork`: the log signed two histories.
///
/// Exit code: 0 everything holds, 1 something does not (damage is named) or the report could not be written, 2 there
/// is nothing to check (no host's directory, or one that cannot be read) or the arguments are not right.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("log").required(true).args(["url", "data", "export"])))]
#[command(group(clap::ArgGroup::new("level").args(["structure", "ledger", "replay"])))]
pub(crate) struct Arguments {
    /// Where a publication is served, as http://HOST:PORT/PATH/
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// With a URL: where what is fetched is kept, for `--export` of other commands: a new or an empty directory [default: nowhere]
    #[arg(long, value_name = "DIR", requires = "url")]
    keep: Option<PathBuf>,
    /// With a URL: bytes that are fetched, at most
    #[arg(long, value_name = "BYTES", requires = "url", default_value_t = limits::FETCH_BYTES_MAX)]
    bytes_max: u64,
    /// The data directory of a host (as `icn demo --data DIR` leaves it)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// An export, as `icn export` wrote it
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Check names, signatures, sequences, the tree and the checkpoint alone
    #[arg(long)]
    structure: bool,
    /// Check authority, states and balances too; this is what is done without a level
    #[arg(long)]
    ledger: bool,
    /// Also run every invocation again, and compare its receipt byte for byte
    #[arg(long)]
    replay: bool,
    /// A signed checkpoint of this log that you have from elsewhere: the log must be the one that it says, or have grown
    /// from it; may be given several times
    #[arg(long, value_name = "FILE")]
    seen: Vec<PathBuf>,
    /// Where evidence of a fork is written; in the current directory, under a name of its own, unless told
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Who is trusted, as JSON: the log's key, witnesses, and how many of them must have cosigned the checkpoint, or one
    /// before it, which then is held against the log
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print the report as one JSON document
    #[arg(long)]
    json: bool,
    /// Say on standard error how far it is, also where that is no terminal
    #[arg(long)]
    progress: bool,
}

/// How far an audit is, for a person: as a bar on a terminal, or, when that is asked for, in lines.
pub(super) struct Bar {
    bar: ProgressBar,
    /// When the last line was said; none when none is wanted.
    lines: Option<Instant>,
    total: u64,
}

/// How often a line is said.
const LINE_EVERY: Duration = Duration::from_secs(1);

impl Bar {
    /// A bar of so many leaves, 0 when that is not known. With `has_lines` it is said in lines where a bar cannot be drawn.
    pub(super) fn new(total: u64, has_lines: bool) -> Self {
        let bar = progress_bar(total, "auditing");
        let lines = (has_lines && bar.is_hidden()).then(Instant::now);
        Self { bar, lines, total }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Listener for Bar {
    fn receipt(&mut self, _: BlockId, _: &Invocation, _: &Receipt) {}
    fn progress(&mut self, leaves: u64) {
        // More than was signed when it began: a bar that is full.
        self.bar.set_position(leaves.min(if self.total == 0 { leaves } else { self.total }));
        if let Some(last) = &mut self.lines
            && (leaves == self.total || last.elapsed() >= LINE_EVERY)
        {
            *last = Instant::now();
            let of = if self.total == 0 { String::new() } else { format!(" of {}", self.total) };
            tell("audit", &format!("{leaves}{of} leaves hold"));
        }
    }
}

/// How many leaves a log's checkpoint says that it has; 0 when none says it. Only for the bar: nobody verified it.
fn total(subject: &Subject) -> u64 {
    let path = match subject {
        Subject::Data(data) => Layout::new(data).checkpoint(),
        Subject::Export(dir) => ExportLayout::new(dir).checkpoint(),
    };
    let note = std::fs::read_to_string(path).unwrap_or_default();
    note.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0)
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let fetched = match &arguments.url {
        None => None,
        Some(url) => match fetch::fetch(url, arguments) {
            Ok(fetched) => Some(fetched),
            Err(code) => return code,
        },
    };
    let asked = match asked(arguments, fetched.as_ref().map(Fetched::dir)) {
        Ok(asked) => asked,
        Err(why) => return misuse("audit", &why),
    };
    let mut bar = Bar::new(total(&asked.subject), arguments.progress);
    let report = asked.run(&mut bar);
    bar.finish();
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            tell("audit", &error);
            return ExitCode::from(MISUSE);
        }
    };
    let report = match &fetched {
        Some(fetched) => fetched.name(report),
        None => report,
    };
    if let Some(fork) = &report.fork {
        keep_evidence(arguments.evidence.as_deref(), fork);
    }
    let text = if arguments.json { serde_json::to_string(&report) } else { Ok(report.to_string()) };
    let printed = match text {
        Ok(text) => print("audit", &text),
        Err(error) => {
            tell("audit", &error);
            false
        }
    };
    if printed && report.ok { OK } else { ExitCode::from(FAILED) }
}

/// Writes evidence of a fork where it is asked for, or in the current directory. What cannot be written is said; the report
/// has it too.
fn keep_evidence(file: Option<&Path>, fork: &str) {
    let name = format!("icn-fork-{}.txt", &Hash::digest(fork.as_bytes()).to_hex()[..16]);
    let file = file.map_or_else(|| PathBuf::from(name), Path::to_owned);
    let written = match File::create_new(&file) {
        Ok(mut created) => created.write_all(fork.as_bytes()).and_then(|()| created.sync_all()),
        // The same, from an audit before.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match std::fs::read(&file) {
            Ok(found) if found == fork.as_bytes() => Ok(()),
            _ => Err(error),
        },
        Err(error) => Err(error),
    };
    match written {
        Ok(()) => {
            let word = shell_word(&file);
            tell(
                "audit",
                &format!(
                    "evidence of a fork is in {word}: check it with `icn fork {word}`, and give it to others"
                ),
            );
        }
        Err(error) => {
            tell("audit", &format!("writing the evidence of a fork to {}: {error}", file.display()))
        }
    }
}

/// What the arguments ask for.
fn asked(arguments: &Arguments, fetched: Option<&Path>) -> Result<Audit, String> {
    let subject = match (&arguments.data, fetched.or(arguments.export.as_deref())) {
        (Some(data), _) => Subject::Data(data.clone()),
        (None, Some(dir)) => Subject::Export(dir.to_owned()),
        (None, None) => return Err("name a log with --data, --export or a URL".into()),
    };
    let level = match (arguments.structure, arguments.replay) {
        (true, _) => Level::Structure,
        (_, true) => Level::Replay,
        _ => Level::Ledger,
    };
    let mut seen = Vec::new();
    for file in &arguments.seen {
        let note = String::from_utf8(files::input(Some(file))?);
        let note = note.map_err(|_| format!("{}: a checkpoint is text", file.display()))?;
        seen.push((file.display().to_string(), note));
    }
    let trust = arguments.policy.as_deref().map(trust_policy).transpose()?;
    Ok(Audit { subject, level, seen, trust })
}
