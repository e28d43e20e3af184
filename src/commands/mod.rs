//! The subcommands of `icn`, one file each.

pub(crate) mod audit;
pub(crate) mod demo;
pub(crate) mod output;

use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Everything holds.
pub(crate) const OK: ExitCode = ExitCode::SUCCESS;
/// Something does not hold, or could not be done.
pub(crate) const FAILED: u8 = 1;
/// The arguments, or a file that they name, are not right.
pub(crate) const MISUSE: u8 = 2;

/// A progress bar on standard error; none when that is not a terminal.
pub(crate) fn progress_bar(total: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what);
    let template = if total == 0 {
        "{msg:>12} {spinner} {human_pos}"
    } else {
        "{msg:>12} {wide_bar} {human_pos}/{human_len} {eta}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
