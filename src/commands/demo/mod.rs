//! `icn demo`: a city's participatory budget, from election files to an audited result.
//!
//! Everything goes through the public API of the library, as an embedder's program would. Keys and invocation
//! ids are functions of the files' contents, so a demo that was interrupted goes on where its log stops.

mod election;
mod report;
pub(crate) mod scratch;

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use icn_runtime::{Audit, BlockId, Host, HostOptions, LockError, OpenError, StoreError, Subject};
use metrics_exporter_prometheus::PrometheusBuilder;

use self::election::Election;
use self::scratch::Scratch;
use super::output::{print, tell};
use super::passphrase::PassphraseArguments;
use super::{FAILED, MISUSE, OK, progress_bar};
use crate::pabulib;

/// Scopes that are voted in at the same time, at most.
const THREADS_MAX: usize = 32;
/// The elections that ship with the program.
const SAMPLES: [(&str, &[u8]); 2] = [
    ("maple-district.pb", include_bytes!("../../sample/maple-district.pb")),
    ("river-city.pb", include_bytes!("../../sample/river-city.pb")),
];

/// Hold participatory-budgeting elections on this machine, and audit them.
///
/// Each file (in the Pabulib format, `.pb`) becomes a federation scope of its own. Each voter is a member with a
/// key derived from the voter's id; every ballot is signed by its member and submitted, all scopes at the same
/// time. Then each scope tallies by the rule `greedy` and pays its funded projects from its treasury, and the
/// whole history is audited. Without files, a small election that ships with the program is held.
///
/// The keys are derived from public text: they are for demonstration alone.
///
/// Every file is read whole before anything is created. What the guest refuses to open or to tally is named,
/// file by file, in this run and in every later one on the same data; the other elections are held all the same.
///
/// Exit code: 0 all are held and audited, 1 something failed (an election, the audit, writing the result), 2 the
/// arguments, an election file or the data directory are not right (an election file: nothing is created).
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Election files in the Pabulib format
    #[arg(value_name = "FILE.pb")]
    files: Vec<PathBuf>,
    /// Keep the host's data here; run again on it to go on after an interruption [default: a scratch directory
    /// that is removed]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print the result as one JSON document, and nothing else, on standard output
    ///
    /// Its fields: `scopes` (for each file, in the order given: `name`, `file`, `did`, `ballots_accepted`,
    /// `ballots_refused`, `funded` (project ids in the order listed), `spent`, `budget`, `fuel`, `state_root` (the
    /// root of the scope's state after its last receipt, in hexadecimal, empty without one), and `error` (why the
    /// election was not held; not there when it was)), `invocations`, `seconds`, `checkpoint` (`origin`, `size`,
    /// `root`), `audit` (`ok`). The numbers are what the log has of this file.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// Threads that scopes run on [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    arbiters: Option<u16>,
    /// Append the name of each receipt to this file, a line each, as soon as it was answered
    #[arg(long, value_name = "FILE")]
    receipts: Option<PathBuf>,
    /// Write the host's metrics to this file at the end, in the Prometheus text format
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

/// Hears of each invocation that is submitted, and of each answered receipt.
pub(crate) struct Answered {
    file: Option<Mutex<File>>,
    submitted: AtomicU64,
}

impl Answered {
    pub(crate) fn count_submitted(&self) {
        self.submitted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note(&self, receipt: BlockId) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut file = file.lock().map_err(|_| "another thread failed while it wrote the receipts' file")?;
        // One write a line, so that whatever is in the file was answered.
        file.write_all(format!("{receipt}\n").as_bytes())
            .map_err(|e| format!("writing the receipts' file: {e}"))
    }
}

/// Why there is no report, and the exit code that says so.
struct Stop {
    code: u8,
    what: String,
}

impl Stop {
    fn misuse(what: impl ToString) -> Self {
        Self { code: MISUSE, what: what.to_string() }
    }
    fn failed(what: impl ToString) -> Self {
        Self { code: FAILED, what: what.to_string() }
    }
}

pub(crate) fn run(arguments: Arguments) -> ExitCode {
    match demo(&arguments) {
        Ok(true) => OK,
        Ok(false) => ExitCode::from(FAILED),
        Err(stop) => {
            tell("demo", &stop.what);
            ExitCode::from(stop.code)
        }
    }
}

/// All of it; gives whether everything that was asked for was done and holds.
fn demo(arguments: &Arguments) -> Result<bool, Stop> {
    let elections = read(&arguments.files).map_err(Stop::misuse)?;
    for note in elections.iter().filter_map(Election::note) {
        tell("demo", &format!("note: {note}"));
    }
    let open = |what: &str, path: &Path, options: &mut std::fs::OpenOptions| {
        let opened = options.create(true).open(path);
        opened.map_err(|e| Stop::misuse(format!("opening the {what} file {}: {e}", path.display())))
    };
    let receipts =
        arguments.receipts.as_deref().map(|path| open("receipts'", path, File::options().append(true)));
    let answered = Answered { file: receipts.transpose()?.map(Mutex::new), submitted: AtomicU64::new(0) };
    // Opened now, so that a name that is not right is found out before hours of work.
    let metrics = arguments.metrics.as_deref().map(|path| {
        let file = open("metrics", path, File::options().write(true).truncate(false))?;
        let recorder = PrometheusBuilder::new().install_recorder();
        recorder
            .map(|recorder| (path, file, recorder))
            .map_err(|error| Stop::failed(format!("recording metrics: {error}")))
    });
    let metrics = metrics.transpose()?;
    // Removed when this function ends.
    let (data, _scratch) = match &arguments.data {
        Some(data) => (data.clone(), None),
        None => match Scratch::new("icn-demo-") {
            Ok(scratch) => (scratch.path(), Some(scratch)),
            Err(error) => return Err(Stop::misuse(format!("making a scratch directory: {error}"))),
        },
    };
    let held = hold(arguments, &elections, &data, &answered);
    let mut done = true;
    if let Some((path, mut file, recorder)) = metrics {
        let text = recorder.render();
        let written = file.set_len(0).or_else(only_for_files).and_then(|()| file.write_all(text.as_bytes()));
        if let Err(error) = written {
            tell("demo", &format!("writing the metrics file {}: {error}", path.display()));
            done = false;
        }
    }
    let (report, closed) = held?;
    let text = if arguments.json { report.to_json() } else { Ok(report.to_table(arguments.data.as_deref())) };
    let text = text.map_err(Stop::failed)?;
    let printed = print("demo", &text);
    Ok(printed && done && closed && report.is_ok())
}

/// A pipe or a device has no length to set, and needs none.
fn only_for_files(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == ErrorKind::InvalidInput { Ok(()) } else { Err(error) }
}

/// Reads all files before anything is created.
fn read(files: &[PathBuf]) -> Result<Vec<Election>, String> {
    let mut elections: Vec<Election> = Vec::new();
    let mut add = |file: String, bytes: &[u8]| {
        let parsed = pabulib::parse(bytes).map_err(|error| format!("{file}: {error}"))?;
        let election = Election::new(file, bytes, parsed)?;
        if let Some(other) = elections.iter().find(|other| other.did() == election.did()) {
            return Err(format!(
                "{} and {} have the same name: each file is a scope of its own",
                other.file(),
                election.file()
            ));
        }
        elections.push(election);
        Ok(())
    };
    if files.is_empty() {
        for (name, bytes) in SAMPLES {
            add(name.to_owned(), bytes)?;
        }
    }
    for path in files {
        let bytes = read_bounded(path).map_err(|error| format!("reading {}: {error}", path.display()))?;
        add(path.display().to_string(), &bytes)?;
    }
    Ok(elections)
}

/// Reads a file, or as much of it as is enough to know that it is too long: a device has no end.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(pabulib::MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens the host, holds the elections, closes it, audits. Gives the report, and whether the host was closed as
/// it should be.
fn hold(
    arguments: &Arguments,
    elections: &[Election],
    data: &Path,
    answered: &Answered,
) -> Result<(report::Report, bool), Stop> {
    let mut options = HostOptions::new(data);
    options.arbiters = arguments.arbiters.map(usize::from);
    options.passphrase = arguments.passphrase.of_directory(data).map_err(Stop::misuse)?.map(Arc::new);
    let host = Host::open(options).map_err(|error| Stop {
        code: if is_misuse(&error) { MISUSE } else { FAILED },
        what: error.to_string(),
    })?;
    let ballots: usize = elections.iter().map(Election::ballots).sum();
    let bar = progress_bar(ballots as u64, "voting");
    let started = Instant::now();
    let held = vote(&host, elections, answered, &bar);
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    // Whatever became of the elections: what was repaired at the opening, and why the host stopped.
    for alert in futures::executor::block_on(host.alerts()) {
        tell("demo", &format!("note: {alert}"));
    }
    let closed = host.close();
    if let Err(error) = &closed {
        tell("demo", &format!("closing the host: {error}"));
    }
    let mut collected = report::Collector::new(elections);
    let audited = Audit::of(Subject::Data(data.to_owned())).run(&mut collected);
    let report = audited.map_err(|error| error.to_string()).and_then(|audited| {
        // Beside those of the host, which is gone.
        for notice in &audited.notices {
            tell("demo", &format!("note: {notice}"));
        }
        collected.finish(audited, &held, answered.submitted.load(Ordering::Relaxed), seconds)
    });
    match &report {
        Ok(report) => report.errors().for_each(|error| tell("demo", &error)),
        Err(_) => {
            for (election, held) in elections.iter().zip(&held) {
                if let Err(error) = held {
                    tell("demo", &format!("{}: {error}", election.file()));
                }
            }
        }
    }
    Ok((report.map_err(Stop::failed)?, closed.is_ok()))
}

/// Whether a host does not open because of the directory that was named, and not of what is in it.
fn is_misuse(error: &OpenError) -> bool {
    use ErrorKind::{AlreadyExists, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
    match error {
        OpenError::Lock(LockError::Taken(_)) | OpenError::Directory(_) => true,
        OpenError::Lock(LockError::Store(StoreError::Io { source, .. }))
        | OpenError::Store(StoreError::Io { source, .. }) => matches!(
            source.kind(),
            AlreadyExists | NotADirectory | NotFound | PermissionDenied | ReadOnlyFilesystem
        ),
        _ => false,
    }
}

/// Holds all elections, scopes at the same time; gives, for each, what stood in the way. One that fails does not
/// hinder the others.
fn vote(
    host: &Host,
    elections: &[Election],
    answered: &Answered,
    bar: &indicatif::ProgressBar,
) -> Vec<Result<(), String>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut held = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(election) = elections.get(at) else { return held };
            held.push((at, election.hold(host, answered, bar)));
        }
    };
    let mut results: Vec<Result<(), String>> =
        elections.iter().map(|_| Err("a submitting thread panicked".to_owned())).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..elections.len().min(THREADS_MAX)).map(|_| scope.spawn(work)).collect();
        for (at, held) in threads.into_iter().filter_map(|thread| thread.join().ok()).flatten() {
            if let Some(result) = results.get_mut(at) {
                *result = held;
            }
        }
    });
    results
}
