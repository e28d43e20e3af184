//! The result of a demo as text for a person: a table of the elections, then checkpoint, time and audit.

use std::fmt::Write as _;
use std::path::Path;

use super::report::{Report, ScopeReport};
use crate::commands::common::output::shell_word;
use crate::commands::common::text::number;

const COLUMNS: [&str; 7] = ["scope", "accepted", "refused", "funded", "spent", "left", "fuel"];
/// How many characters of a scope's name are shown.
const NAME_CHARS_MAX: usize = 44;

/// The whole result. With `data`, the directory of the host, it ends with a command that audits it.
pub(super) fn text(report: &Report, data: Option<&Path>) -> String {
    let mut text = table(&report.scopes);
    for (at, error) in report.errors().enumerate() {
        let _ = writeln!(text, "{}failed      {error}", if at == 0 { "\n" } else { "" });
    }
    let checkpoint = &report.checkpoint;
    let _ = writeln!(
        text,
        "\ncheckpoint  {}\n            {} entries, root {}",
        checkpoint.origin, checkpoint.size, checkpoint.root
    );
    let _ = writeln!(text, "time        {}", time(report));
    match &report.divergence {
        None => text.push_str(
            "audit       passed: every signature, receipt and balance was checked from the log alone",
        ),
        Some(finding) => {
            let _ = write!(text, "audit       FAILED at {finding}");
        }
    }
    if let Some(data) = data {
        let _ = write!(text, "\n\nSee for yourself: icn audit --data {} --replay", shell_word(data));
    }
    text
}

/// The table, with its header and a line below that.
fn table(scopes: &[ScopeReport]) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(scopes.iter().map(row));
    let mut widths = [0; COLUMNS.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Names are aligned to the left, numbers to the right.
            let _ =
                if column == 0 { write!(text, "{cell:<width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
        if at == 0 {
            let width = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
            let _ = writeln!(text, "{}", "-".repeat(width));
        }
    }
    text
}

fn row(scope: &ScopeReport) -> [String; COLUMNS.len()] {
    let left = i128::from(scope.budget) - i128::from(scope.spent);
    let result = |text: String| if scope.error.is_none() { text } else { "-".to_owned() };
    [
        scope.name.chars().take(NAME_CHARS_MAX).collect(),
        number(scope.ballots_accepted),
        number(scope.ballots_refused),
        result(scope.funded.len().to_string()),
        result(number(scope.spent)),
        result(number(left)),
        number(scope.fuel),
    ]
}

/// How long the run took, and how many invocations that is in a second.
fn time(report: &Report) -> String {
    let Report { submitted, invocations, seconds, .. } = report;
    if *submitted == 0 {
        return if report.is_ok() {
            format!("nothing was left to do: all {invocations} invocations are in the log")
        } else {
            format!("nothing was submitted: the log has {invocations} invocations")
        };
    }
    #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
    let rate = if *seconds > 0.0 { *submitted as f64 / seconds } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, reason = "a rate is far below 2^63")]
    let rate = number(rate as i128);
    format!("{seconds:.1} s for {submitted} invocations, {rate} a second")
}
