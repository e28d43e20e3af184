//! `icn publish`: an export that is kept up to date, for a web server to serve.

use std::process::ExitCode;
use std::time::Duration;

use icn_runtime::export::{ExportError, PublishError, Published, Publisher};

use crate::commands::common::absent::is_wrong_copy;
use crate::commands::common::exit::{OK, stopped};
use crate::commands::common::from_to::FromTo;
use crate::commands::common::progress::progress_bar;
use crate::commands::common::report::print_report;

/// The directory may have an earlier state of the publication.
const OUT_HELP: &str =
    "Where to publish: a new or an empty directory, or one that this log was published to before";

/// Publish a host's log as static files, and keep them up to date.
///
/// Writes what `icn export` writes, and adds to it what the host's newest checkpoint covers, also while the
/// host is running: run it again, or let it go on with --follow. Any web server can serve the directory.
/// `log.car` grows at its end alone, tiles are written once, and `tiles/checkpoint` is replaced last, so that
/// whoever reads it first finds all that it covers: `icn audit --export` checks the directory at any moment,
/// here or copied. Stopped or killed at any moment, it is taken up where it was. No secret is read or
/// written.
///
/// Exit code: 0 it is published, 1 the log does not hold, the directory has something else, or a file cannot
/// be written, 2 there is no log, or the arguments are not right.
#[derive(clap::Args)]
#[command(mut_arg("out", |out| out.help(OUT_HELP)))]
pub(crate) struct Arguments {
    #[command(flatten)]
    from_to: FromTo,
    /// Go on until it is stopped, and add what the host signs
    #[arg(long)]
    follow: bool,
    /// With --follow: how often to look for a new checkpoint, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: u64,
    /// Print what was published as JSON documents, a line each
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
#[serde(transparent)]
struct Report(Published);

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Published { origin, size, root, car_bytes } = &self.0;
        writeln!(f, "log {origin}: {size} leaves published, {car_bytes} bytes in log.car, root {root}")
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let FromTo { data, out } = &arguments.from_to;
    let bar = progress_bar(0, "publishing");
    let opened = Publisher::open(data, out, &mut |leaves| bar.set_position(leaves));
    bar.finish_and_clear();
    let (mut publisher, said) = match opened {
        Ok(opened) => opened,
        Err(error) => return failed(&error),
    };
    let say = |said| print_report("publish", &Report(said), arguments.json, OK);
    let mut code = say(said);
    while arguments.follow && code == OK {
        std::thread::sleep(Duration::from_secs(arguments.every));
        match publisher.update(&mut |_| {}) {
            Ok(Some(said)) => code = say(said),
            Ok(None) => {}
            Err(error) => return failed(&error),
        }
    }
    code
}

fn failed(error: &PublishError) -> ExitCode {
    let is_misuse = matches!(error, PublishError::Export(ExportError::Copy(error)) if is_wrong_copy(error));
    stopped("publish", error, is_misuse)
}
