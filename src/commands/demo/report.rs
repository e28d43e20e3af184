//! What a demo says at the end: taken from the audited log, and so the same however often it was interrupted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use icn_runtime::{
    AuditReport, BlockId, Did, Invocation, InvocationId, Listener, Operation, Outcome, Receipt,
};
use serde::Serialize;

use super::election::Election;
use crate::commands::output::shell_word;

/// How much of a guest's own words is shown.
const REASON_CHARS_MAX: usize = 400;

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
    /// The root of the scope's state after its last receipt.
    state_root: String,
    /// Why the election was not held to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
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
    /// The ids of the file's invocations: what else is in the scope is not of this file.
    ids: BTreeSet<InvocationId>,
    accepted: u64,
    refused: u64,
    funded: Vec<String>,
    spent: u64,
    fuel: u64,
    root: String,
    tallied: bool,
    failure: Option<String>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(elections: &'a [Election]) -> Self {
        let counts = |election: &Election| Counts { ids: election.ids(), ..Counts::default() };
        let scopes = elections.iter().map(|election| (election.did(), counts(election))).collect();
        Self { elections, scopes }
    }

    /// The report: of each election what the log has, and what stood in its way while it was `held`.
    pub(crate) fn finish(
        self,
        audit: AuditReport,
        held: &[Result<(), String>],
        submitted: u64,
        seconds: f64,
    ) -> Result<Report, String> {
        let mut scopes = Vec::with_capacity(self.elections.len());
        let mut counts = self.scopes;
        for (election, held) in self.elections.iter().zip(held) {
            let counts = counts.remove(&election.did()).unwrap_or_default();
            // Where the audit ends early, what is behind that is not known to be missing.
            let untold = || (audit.ok && !counts.tallied).then(|| "its tally is not in the log".to_owned());
            let error = counts.failure.or_else(|| held.clone().err()).or_else(untold);
            scopes.push(ScopeReport {
                name: election.name().to_owned(),
                file: election.file().to_owned(),
                did: election.did().to_string(),
                ballots_accepted: counts.accepted,
                ballots_refused: counts.refused,
                funded: counts.funded,
                spent: counts.spent,
                budget: election.budget(),
                fuel: counts.fuel,
                state_root: counts.root,
                error,
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

impl Listener for Collector<'_> {
    fn receipt(&mut self, _: BlockId, invocation: &Invocation, receipt: &Receipt) {
        let Some(counts) = self.scopes.get_mut(&receipt.scope) else { return };
        counts.root = receipt.root.to_hex();
        if !counts.ids.contains(&invocation.id) {
            return;
        }
        counts.fuel += receipt.fuel;
        match (invocation.entry.as_str(), &receipt.outcome) {
            ("vote", Outcome::Ok) => counts.accepted += 1,
            ("vote", _) => counts.refused += 1,
            ("tally", Outcome::Ok) => {
                counts.tallied = true;
                counts.spent = receipt.journal.iter().filter_map(Operation::amount).sum();
                let output = String::from_utf8_lossy(&receipt.output);
                let funded =
                    output.lines().filter_map(|line| line.strip_prefix("funded;")?.split(';').next());
                counts.funded = funded.map(str::to_owned).collect();
            }
            ("open", Outcome::Ok) => {}
            (entry, outcome) => {
                let what =
                    if entry == "open" { "the guest refused the election" } else { "the tally failed" };
                counts.failure.get_or_insert(format!("{what}: {}", reason(outcome, &receipt.output)));
            }
        }
    }
}

/// Why a run had no effect, in words.
fn reason(outcome: &Outcome, output: &[u8]) -> String {
    match outcome {
        Outcome::Ok => "it ended well".to_owned(),
        Outcome::Failed(code) => {
            let said = String::from_utf8_lossy(output);
            let said: String =
                said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_CHARS_MAX).collect();
            let said = if said.is_empty() { "it gives no reason" } else { &said };
            format!("{said} (the guest's code {code})")
        }
        Outcome::Trapped(trap) => format!("it trapped, {:?}: {}", trap.kind, trap.detail),
    }
}

impl Report {
    /// Whether every election was held, and the log holds.
    pub(crate) fn is_ok(&self) -> bool {
        self.audit.ok && self.errors().next().is_none()
    }

    /// What stood in the way of elections, by file.
    pub(crate) fn errors(&self) -> impl Iterator<Item = String> {
        self.scopes.iter().filter_map(|scope| Some(format!("{}: {}", scope.file, scope.error.as_ref()?)))
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
            let result = |text: String| if scope.error.is_none() { text } else { "-".to_owned() };
            rows.push([
                scope.name.chars().take(44).collect(),
                grouped(scope.ballots_accepted.into()),
                grouped(scope.ballots_refused.into()),
                result(scope.funded.len().to_string()),
                result(grouped(scope.spent.into())),
                result(grouped(left)),
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
        for (at, error) in self.errors().enumerate() {
            let _ = writeln!(text, "{}failed      {error}", if at == 0 { "\n" } else { "" });
        }
        #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
        let rate = if self.seconds > 0.0 { self.submitted as f64 / self.seconds } else { 0.0 };
        let _ = writeln!(
            text,
            "\ncheckpoint  {}\n            {} entries, root {}",
            self.checkpoint.origin, self.checkpoint.size, self.checkpoint.root
        );
        let _ = if self.submitted == 0 && !self.is_ok() {
            writeln!(text, "time        nothing was submitted: the log has {} invocations", self.invocations)
        } else if self.submitted == 0 {
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
            let _ = write!(text, "\n\nSee for yourself: icn audit --data {} --replay", shell_word(data));
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
