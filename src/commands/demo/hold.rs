//! The host of a demo: opened, voted on, closed, and then audited from its directory alone.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use icn_runtime::{Audit, Host, HostOptions, LockError, OpenError, StoreError, Subject};
use indicatif::ProgressBar;

use super::answers::Answers;
use super::arguments::Arguments;
use super::collect::Collector;
use super::election::Election;
use super::report::Report;
use super::stop::Stop;
use super::vote;
use crate::commands::common::output::tell;
use crate::commands::common::progress::progress_bar;

/// The most elections that are held at the same time.
const THREADS_MAX: usize = 32;
/// Opens the host, holds the elections, closes the host and audits its log. Gives the report, and whether the
/// host closed without an error.
pub(super) fn hold(
    arguments: &Arguments,
    elections: &[Election],
    data: &Path,
    answers: &Answers,
) -> Result<(Report, bool), Stop> {
    let host = open(arguments, data)?;
    let ballots: usize = elections.iter().map(|election| election.ballots().len()).sum();
    let bar = progress_bar(ballots as u64, "voting");
    let started = Instant::now();
    let held = hold_all(&host, elections, answers, &bar);
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    // The alerts say what was repaired at the opening, and why the host stopped. They are printed whether the
    // elections succeeded or not.
    for alert in futures::executor::block_on(host.alerts()) {
        tell("demo", &format!("note: {alert}"));
    }
    let closed = host.close();
    if let Err(error) = &closed {
        tell("demo", &format!("closing the host: {error}"));
    }
    let report = audited(elections, data, &held, answers.submitted(), seconds);
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

fn open(arguments: &Arguments, data: &Path) -> Result<Host, Stop> {
    let mut options = HostOptions::new(data);
    options.arbiters = arguments.arbiters.map(usize::from);
    options.passphrase = arguments.passphrase.of_directory(data).map_err(Stop::misuse)?.map(Arc::new);
    Host::open(options).map_err(
        |error| {
            if is_misuse(&error) { Stop::misuse(error) } else { Stop::failed(error) }
        },
    )
}

/// Audits the log, and takes the results of the elections from it.
fn audited(
    elections: &[Election],
    data: &Path,
    held: &[Result<(), String>],
    submitted: u64,
    seconds: f64,
) -> Result<Report, String> {
    let mut collected = Collector::new(elections);

    let audited =
        Audit::of(Subject::Data(data.to_owned())).run(&mut collected).map_err(|error| error.to_string())?;
    for notice in &audited.notices {
        tell("demo", &format!("note: {notice}"));
    }
    collected.finish(audited, held, submitted, seconds)
}

/// Whether a host does not open because the user named a wrong directory, rather than because of what is in
/// it.
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

/// Holds all elections, many at the same time. Each has a result of its own; one that fails does not stop the
/// others.
fn hold_all(
    host: &Host,
    elections: &[Election],
    answers: &Answers,
    bar: &ProgressBar,
) -> Vec<Result<(), String>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut held = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(election) = elections.get(at) else { return held };
            held.push((at, vote::hold(election, host, answers, bar)));
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
