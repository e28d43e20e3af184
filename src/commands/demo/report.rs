//! What a demo says at the end: taken from the audited log, and so the same however often it was interrupted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use icn_runtime::{AuditReport, BlockId, Did, Invocation, Outcome, Receipt, Witness};
use serde::Serialize;

use super::election::Election;

/// The whole of it, as `--json` prints it.
#[derive(Serialize)]
pub(crate) struct Report {
    scopes: Vec<ScopeReport>,
    invocations: u64,
    seconds: f64,
    checkpoint: CheckpointReport,
    audit: AuditSummary,
    #[serde(skip)]
    submitted: u64,
    #[serde(skip)]
    divergence: Option<String>,
}

#[derive(Serialize)]
struct ScopeReport {
    name: String,
    file: String,
    did: String,
    ballots_accepted: u64,
    ballots_refused: u64,
    funded: Vec<String>,
    spent: u64,
    budget: i64,
    fuel: u64,
    state_root: String,
}

#[derive(Serialize)]
struct CheckpointReport {
    origin: String,
    size: u64,
    root: String,
}

#[derive(Serialize)]
struct AuditSummary {
    ok: bool,
}

/// Takes the results from the log while it is audited.
pub(crate) struct Collector<'a> {
    elections: &'a [Election],
    scopes: BTreeMap<Did, Counts>,
}

#[derive(Default)]
struct Counts {
    accepted: u64,
    refused: u64,
    funded: Vec<String>,
    spent: u64,
    fuel: u64,
    root: String,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(elections: &'a [Election]) -> Self {
        Self { elections, scopes: BTreeMap::new() }
    }

    pub(crate) fn finish(self, audit: AuditReport, submitted: u64, seconds: f64) -> Result<Report, String> {
        let mut scopes = Vec::with_capacity(self.elections.len());
        let mut counts = self.scopes;
        for election in self.elections {
            let Counts { accepted, refused, funded, spent, fuel, root } =
                counts.remove(&election.did()).unwrap_or_default();
            scopes.push(ScopeReport {
                name: election.name().to_owned(),
                file: election.file().to_owned(),
                did: election.did().to_string(),
                ballots_accepted: accepted,
                ballots_refused: refused,
                funded,
                spent,
                budget: election.budget(),
                fuel,
                state_root: root,
            });
        }
        let origin = audit.origin.ok_or("the log has no first entry")?;
        Ok(Report {
            scopes,
            invocations: audit.invocations,
            seconds,
            checkpoint: CheckpointReport { origin, size: audit.size, root: audit.root },
            audit: AuditSummary { ok: audit.ok },
            submitted,
            divergence: audit.divergence.map(|finding| finding.to_string()),
        })
    }
}

impl Witness for Collector<'_> {
    fn receipt(&mut self, _: BlockId, invocation: &Invocation, receipt: &Receipt) {
        let counts = self.scopes.entry(receipt.scope).or_default();
        counts.fuel += receipt.fuel;
        counts.root = receipt.root.to_hex();
        match (invocation.entry.as_str(), &receipt.outcome) {
            ("vote", Outcome::Ok) => counts.accepted += 1,
            ("vote", _) => counts.refused += 1,
            ("tally", Outcome::Ok) => {
                counts.spent = receipt.journal.iter().map(|transfer| transfer.amount).sum();
                let output = String::from_utf8_lossy(&receipt.output);
                let funded =
                    output.lines().filter_map(|line| line.strip_prefix("funded;")?.split(';').next());
                counts.funded = funded.map(str::to_owned).collect();
            }
            _ => {}
        }
    }
}

impl Report {
    pub(crate) const fn is_ok(&self) -> bool {
        self.audit.ok
    }

    pub(crate) fn to_json(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|e| e.to_string())
    }

    /// A table that a person likes to read.
    pub(crate) fn to_table(&self, data: Option<&Path>) -> String {
        let header = ["scope", "accepted", "refused", "funded", "spent", "left", "fuel"].map(str::to_owned);
        let mut rows = vec![header];
        for scope in &self.scopes {
            let left = i128::from(scope.budget) - i128::from(scope.spent);
            rows.push([
                scope.name.chars().take(44).collect(),
                grouped(scope.ballots_accepted.into()),
                grouped(scope.ballots_refused.into()),
                scope.funded.len().to_string(),
                grouped(scope.spent.into()),
                grouped(left),
                grouped(scope.fuel.into()),
            ]);
        }
        let mut widths = [0; 7];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for (at, row) in rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                // Names stand at the left, numbers at the right.
                let _ = if column == 0 {
                    write!(text, "{gap}{cell:<width$}")
                } else {
                    write!(text, "{gap}{cell:>width$}")
                };
            }
            text.push('\n');
            if at == 0 {
                let _ =
                    writeln!(text, "{}", "-".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1)));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
        let rate = if self.seconds > 0.0 { self.submitted as f64 / self.seconds } else { 0.0 };
        let _ = writeln!(
            text,
            "\ncheckpoint  {}\n            {} entries, root {}",
            self.checkpoint.origin, self.checkpoint.size, self.checkpoint.root
        );
        let _ = if self.submitted == 0 {
            writeln!(
                text,
                "time        nothing was left to do: all {} invocations are in the log",
                self.invocations
            )
        } else {
            writeln!(
                text,
                "time        {:.1} s for {} invocations, {} a second",
                self.seconds,
                self.submitted,
                grouped_rate(rate)
            )
        };
        match &self.divergence {
            None => text.push_str(
                "audit       passed: every signature, receipt and balance was checked from the log alone",
            ),
            Some(finding) => {
                let _ = write!(text, "audit       FAILED at {finding}");
            }
        }
        if let Some(data) = data {
            let _ = write!(text, "\n\nSee for yourself: icn audit --data {} --replay", data.display());
        }
        text
    }
}

/// A number with its thousands apart.
fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[expect(clippy::cast_possible_truncation, reason = "a rate is far below 2^63")]
fn grouped_rate(rate: f64) -> String {
    grouped(rate as i128)
}
