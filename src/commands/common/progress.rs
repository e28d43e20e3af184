//! Progress for a person, on standard error: a bar on a terminal, or lines where the user asks for them.
//!
//! A bar shows what nobody has verified, so nothing is decided by it.

use std::time::{Duration, Instant};

use icn_runtime::{BlockId, Invocation, Listener, Receipt};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::tell;

/// How often a line is printed.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// A progress bar; it is hidden when standard error is no terminal. `total` is 0 when it is not known.
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

/// The progress of an audit, in leaves of the log.
pub(crate) struct AuditBar {
    bar: ProgressBar,
    /// When the last line was printed; `None` when no lines are wanted.
    last_line: Option<Instant>,
    /// Leaves in all; 0 when that is not known.
    total: u64,
}

impl AuditBar {
    /// `total` is the number of leaves, or 0 when it is not known. With `has_lines`, lines are printed where
    /// no bar can be drawn.
    pub(crate) fn new(total: u64, has_lines: bool) -> Self {
        let bar = progress_bar(total, "auditing");
        let last_line = (has_lines && bar.is_hidden()).then(Instant::now);
        Self { bar, last_line, total }
    }

    /// Removes the bar from the terminal.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Listener for AuditBar {
    fn receipt(&mut self, _: BlockId, _: &Invocation, _: &Receipt) {}
    fn progress(&mut self, leaves: u64) {
        // The log may have grown since the bar was made. Then the bar stays full.
        self.bar.set_position(if self.total == 0 { leaves } else { leaves.min(self.total) });
        if let Some(last) = &mut self.last_line
            && (leaves == self.total || last.elapsed() >= LINE_EVERY)
        {
            *last = Instant::now();
            let of = if self.total == 0 { String::new() } else { format!(" of {}", self.total) };
            tell("audit", &format!("{leaves}{of} leaves hold"));
        }
    }
}
