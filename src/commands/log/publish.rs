//! `icn publish`: keeps an export up to date, so that a web server can serve it. The library writes it; this
//! file reads the arguments, waits between two updates and prints each result.

use std::process::ExitCode;
use std::time::Duration;

use icn_runtime::export::{ExportError, PublishError, Published, Publisher};

use crate::commands::common::absent::is_wrong_copy;
use crate::commands::common::exit::{OK, stopped};
use crate::commands::common::from_to::FromTo;
use crate::commands::common::progress::progress_bar;
use crate::commands::common::report::print_report;

/// The help of `--out`. Other commands write to an empty directory only.
const OUT_HELP: &str =
    "Where to publish: a new or an empty directory, or one that this log was published to before";

/// Publish a host's log as static files, and keep them up to date. The host may be running.
///
/// Writes what `icn export` writes. When it is run again, or goes on with --follow, it adds what the host's
/// newest checkpoint covers. Any web server can serve the directory. `log.car` only grows at its end, tiles
/// are written once, and `tiles/checkpoint` is replaced last. So a reader that reads the checkpoint first
/// finds everything that it covers, and `icn audit --export` can check the directory at any moment, here or
/// in a copy. It may be stopped or killed at any moment, and continues from there at the next start. No
/// secret is read or written.
///
/// Exit code: 0 it is published, 1 the log does not hold, the directory has something else or a file cannot
/// be written, 2 there is no log or the arguments are wrong.
#[derive(clap::Args)]
#[command(mut_arg("out", |out| out.help(OUT_HELP)))]
pub(crate) struct Arguments {
    #[command(flatten)]
    from_to: FromTo,
    /// Continue until it is stopped, and add each new checkpoint of the host
    #[arg(long)]
    follow: bool,
    /// With --follow: look for a new checkpoint every so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: u64,
    /// Print each result as one JSON document on a line
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
    let (mut publisher, published) = match opened {
        Ok(opened) => opened,
        Err(error) => return failed(&error),
    };
    let print = |published| print_report("publish", &Report(published), arguments.json, OK);
    let mut code = print(published);
    while arguments.follow && code == OK {
        std::thread::sleep(Duration::from_secs(arguments.every));
        match publisher.update(&mut |_| {}) {
            Ok(Some(published)) => code = print(published),
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
