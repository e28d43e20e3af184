//! `icn audit`: checks a data directory from its log alone.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use icn_runtime::{AuditOptions, AuditReport, BlockId, Invocation, Receipt, Witness, audit};
use indicatif::ProgressBar;

use super::output::{print, tell};
use super::{FAILED, MISUSE, OK, progress_bar};

/// Check a host's history, trusting nobody.
///
/// Reads the stored log from its first byte to its last and checks every content address, signature, parent,
/// sequence, state root and checkpoint, and folds the ledger from zero. It needs none of the host's secrets and
/// writes nothing. The first thing that does not hold is named: position, block, what was expected, what was
/// found. While a host has the directory open, what its newest checkpoint covers is checked, and the report says so.
///
/// Exit code: 0 everything holds, 1 something does not (damage is named) or the report could not be written, 2 there
/// is nothing to check (no host's directory, or one that cannot be read) or the arguments are not right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The data directory of a host (as `icn demo --data DIR` leaves it)
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Also run every invocation again, and compare its receipt byte for byte
    #[arg(long)]
    replay: bool,
    /// Print the report as one JSON document
    #[arg(long)]
    json: bool,
}

struct Bar(ProgressBar);

impl Witness for Bar {
    fn receipt(&mut self, _: BlockId, _: &Invocation, _: &Receipt) {}
    fn progress(&mut self, leaves: u64) {
        self.0.set_position(leaves);
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut bar = Bar(progress_bar(0, "auditing"));
    let options = AuditOptions { data: arguments.data.clone(), replay: arguments.replay };
    let report = audit(&options, &mut bar);
    bar.0.finish_and_clear();
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            tell("audit", &error);
            return ExitCode::from(MISUSE);
        }
    };
    let text = if arguments.json { serde_json::to_string(&report) } else { Ok(to_text(&report)) };
    let printed = match text {
        Ok(text) => print("audit", &text),
        Err(error) => {
            tell("audit", &error);
            false
        }
    };
    if printed && report.ok { OK } else { ExitCode::from(FAILED) }
}

/// The report for a person.
fn to_text(report: &AuditReport) -> String {
    let mut text = String::new();
    for notice in &report.notices {
        let _ = writeln!(text, "note: {notice}");
    }
    let origin = report.origin.as_deref().unwrap_or("(unknown)");
    let again = if report.replayed { ", every run repeated" } else { "" };
    let _ = writeln!(
        text,
        "log {origin}: {} entries hold, of {} scopes with {} invocations{again}",
        report.size, report.scopes, report.invocations
    );
    let _ = writeln!(text, "root {}", report.root);
    let _ = match &report.divergence {
        None => write!(text, "audit passed"),
        Some(finding) => write!(text, "AUDIT FAILED at {finding}"),
    };
    text
}
