//! `icn demo`: a city's participatory budget, from election files to an audited result.
//!
//! Everything goes through the public API of the library, as an embedder's program would. Keys and invocation
//! ids are functions of the files' contents, so a demo that was interrupted goes on where its log stops.

mod election;
mod report;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use icn_runtime::{AuditOptions, BlockId, Host, HostOptions, audit};
use metrics_exporter_prometheus::PrometheusBuilder;

use self::election::Election;
use super::{FAILED, MISUSE, OK, progress_bar};
use crate::pabulib;

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
/// Exit code: 0 done and audited, 1 something failed, 2 the arguments or a file are not right (nothing is
/// created then).
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
    #[arg(long)]
    json: bool,
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

/// Hears of each answered receipt.
pub(crate) struct Answered {
    file: Option<Mutex<std::fs::File>>,
}

impl Answered {
    fn open(path: Option<&Path>) -> std::io::Result<Self> {
        let open = |path| std::fs::OpenOptions::new().create(true).append(true).open(path).map(Mutex::new);
        Ok(Self { file: path.map(open).transpose()? })
    }

    pub(crate) fn note(&self, receipt: BlockId) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut file = file.lock().map_err(|_| "another thread failed while it wrote the receipts' file")?;
        // One write a line, so that whatever is in the file was answered.
        file.write_all(format!("{receipt}\n").as_bytes())
            .map_err(|e| format!("writing the receipts' file: {e}"))
    }
}

pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let misuse = |what: String| {
        eprintln!("icn demo: {what}");
        ExitCode::from(MISUSE)
    };
    let elections = match read(&arguments.files) {
        Ok(elections) => elections,
        Err(what) => return misuse(what),
    };
    // Removed when this function ends.
    let (data, _scratch) = match &arguments.data {
        Some(data) => (data.clone(), None),
        None => match tempfile::Builder::new().prefix("icn-demo-").tempdir() {
            Ok(scratch) => (scratch.path().to_owned(), Some(scratch)),
            Err(error) => return misuse(format!("making a scratch directory: {error}")),
        },
    };
    let answered = match Answered::open(arguments.receipts.as_deref()) {
        Ok(answered) => answered,
        Err(error) => return misuse(format!("opening the receipts' file: {error}")),
    };
    let metrics = match &arguments.metrics {
        Some(path) => match PrometheusBuilder::new().install_recorder() {
            Ok(recorder) => Some((path, recorder)),
            Err(error) => return misuse(format!("recording metrics: {error}")),
        },
        None => None,
    };
    let held = hold(&arguments, &elections, &data, &answered);
    if let Some((path, recorder)) = metrics
        && let Err(error) = std::fs::write(path, recorder.render())
    {
        eprintln!("icn demo: writing {}: {error}", path.display());
    }
    match held {
        Ok(report) => {
            let shown = if arguments.json {
                report.to_json()
            } else {
                Ok(report.to_table(arguments.data.as_deref()))
            };
            match shown {
                Ok(text) => println!("{text}"),
                Err(error) => eprintln!("icn demo: {error}"),
            }
            if report.is_ok() { OK } else { ExitCode::from(FAILED) }
        }
        Err(what) => {
            eprintln!("icn demo: {what}");
            ExitCode::from(FAILED)
        }
    }
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
        let bytes = std::fs::read(path).map_err(|error| format!("reading {}: {error}", path.display()))?;
        add(path.display().to_string(), &bytes)?;
    }
    Ok(elections)
}

/// Opens the host, holds the elections, closes it, audits.
fn hold(
    arguments: &Arguments,
    elections: &[Election],
    data: &Path,
    answered: &Answered,
) -> Result<report::Report, String> {
    let mut options = HostOptions::new(data);
    options.arbiters = arguments.arbiters.map(usize::from);
    let host = Host::open(options).map_err(|error| error.to_string())?;
    let ballots: usize = elections.iter().map(Election::ballots).sum();
    let bar = progress_bar(ballots as u64, "voting");
    let started = Instant::now();
    let submitted = vote(&host, elections, answered, &bar)?;
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    for alert in futures::executor::block_on(host.alerts()) {
        eprintln!("icn demo: note: {alert}");
    }
    host.close().map_err(|error| error.to_string())?;
    let mut collected = report::Collector::new(elections);
    let audited = audit(&AuditOptions { data: data.to_owned(), replay: false }, &mut collected)
        .map_err(|e| e.to_string())?;
    collected.finish(audited, submitted, seconds)
}

/// Holds all elections, scopes at the same time; gives the number of invocations that were submitted.
fn vote(
    host: &Host,
    elections: &[Election],
    answered: &Answered,
    bar: &indicatif::ProgressBar,
) -> Result<u64, String> {
    let threads = elections.len().min(32);
    let (send, jobs) = crossbeam::channel::unbounded();
    for election in elections {
        send.send(election).map_err(|e| e.to_string())?;
    }
    drop(send);
    let results: Vec<Result<u64, String>> = std::thread::scope(|scope| {
        let work = || jobs.iter().map(|election: &Election| election.hold(host, answered, bar)).sum();
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a submitting thread panicked".into())))
            .collect()
    });
    results.into_iter().sum()
}
