//! `icn demo`: a city's participatory budget, from election files to an audited result.
//!
//! The demo uses only the public API of the library, as a program that embeds it would. Keys and ids of
//! invocations depend only on the files, so a demo that was interrupted continues where its log ends.
//!
//! 1. `files.rs` reads all election files (`pabulib/`, `election.rs`); nothing is created before.
//! 2. `hold.rs` opens the host and holds the elections (`vote.rs`, `queue.rs`, `step.rs`, `answers.rs`).
//! 3. The host is closed, and its log is audited. `collect.rs` takes the results from the log.
//! 4. `report.rs` is printed (`table.rs`).

mod answers;
mod arguments;
mod collect;
mod election;
mod files;
mod hold;
mod pabulib;
mod queue;
mod report;
mod step;
mod stop;
mod table;
mod vote;

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use self::answers::Answers;
use self::election::Election;
use self::stop::Stop;
use crate::commands::common::exit::ok_if;
use crate::commands::common::output::{print, tell};
use crate::commands::common::scratch::Scratch;

pub(crate) use self::arguments::Arguments;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match demo(arguments) {
        Ok(is_done) => ok_if(is_done),
        Err(stop) => {
            tell("demo", &stop.what);
            ExitCode::from(stop.code)
        }
    }
}

/// Runs the demo. True when everything was done and everything holds.
fn demo(arguments: &Arguments) -> Result<bool, Stop> {
    let elections = files::read(&arguments.files).map_err(Stop::misuse)?;
    for note in elections.iter().filter_map(Election::note) {
        tell("demo", &format!("note: {note}"));
    }
    let receipts = arguments.receipts.as_deref();
    let receipts = receipts.map(|path| open("receipts'", path, File::options().append(true))).transpose()?;
    // The file is opened first, so that a wrong name is found before hours of work.
    let metrics = arguments.metrics.as_deref().map(Metrics::record).transpose()?;
    // The scratch directory is removed when this function ends.
    let (data, _scratch) = match &arguments.data {
        Some(data) => (data.clone(), None),
        None => match Scratch::new("icn-demo-") {
            Ok(scratch) => (scratch.path(), Some(scratch)),
            Err(error) => return Err(Stop::misuse(format!("making a scratch directory: {error}"))),
        },
    };
    let held = hold::hold(arguments, &elections, &data, &Answers::new(receipts));
    let has_metrics = metrics.is_none_or(Metrics::write);
    let (report, is_closed) = held?;
    let text =
        if arguments.json { report.to_json() } else { Ok(table::text(&report, arguments.data.as_deref())) };
    let text = text.map_err(Stop::failed)?;
    let is_printed = print("demo", &text);
    Ok(is_printed && has_metrics && is_closed && report.is_ok())
}

fn open(what: &str, path: &Path, options: &mut OpenOptions) -> Result<File, Stop> {
    let opened = options.create(true).open(path);
    opened.map_err(|e| Stop::misuse(format!("opening the {what} file {}: {e}", path.display())))
}

/// The host's metrics, and the file that gets them at the end.
struct Metrics {
    path: PathBuf,
    file: File,
    recorder: PrometheusHandle,
}

impl Metrics {
    /// Opens the file, and records metrics from now on.
    fn record(path: &Path) -> Result<Self, Stop> {
        let file = open("metrics", path, File::options().write(true).truncate(false))?;
        let recorder = PrometheusBuilder::new().install_recorder();
        let recorder = recorder.map_err(|error| Stop::failed(format!("recording metrics: {error}")))?;
        Ok(Self { path: path.to_owned(), file, recorder })
    }

    /// Writes the metrics; false when that fails, and then says why.
    fn write(mut self) -> bool {
        let text = self.recorder.render();
        let emptied = self.file.set_len(0).or_else(|error| match error.kind() {
            // A pipe or a device has no length to set, and needs none.
            ErrorKind::InvalidInput => Ok(()),
            _ => Err(error),
        });
        let written = emptied.and_then(|()| self.file.write_all(text.as_bytes()));
        if let Err(error) = &written {
            tell("demo", &format!("writing the metrics file {}: {error}", self.path.display()));
        }
        written.is_ok()
    }
}
