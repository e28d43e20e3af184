//! Collects the results of the elections from the log, while it is audited.

use std::collections::{BTreeMap, BTreeSet};

use icn_runtime::{
    AuditReport, BlockId, Did, Invocation, InvocationId, Listener, Operation, Outcome, Receipt,
};

use super::election::Election;
use super::report::{AuditSummary, CheckpointReport, Report, ScopeReport};

/// How many characters of a guest's own words are shown.
const REASON_CHARS_MAX: usize = 400;

/// The results of the elections, as the log has them.
pub(super) struct Collector<'a> {
    elections: &'a [Election],
    scopes: BTreeMap<Did, Counts>,
}

#[derive(Default)]
struct Counts {
    /// The ids of the file's invocations. Other invocations in the scope belong to another file.
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
    pub(super) fn new(elections: &'a [Election]) -> Self {
        let counts = |election: &Election| Counts { ids: election.ids(), ..Counts::default() };
        let scopes = elections.iter().map(|election| (election.did(), counts(election))).collect();
        Self { elections, scopes }
    }

    /// The report. `held` says for each election whether it could be held.
    pub(super) fn finish(
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
            // When the audit ends early, the rest of the log is unknown, so nothing is known to be missing.
            let missing = || (audit.ok && !counts.tallied).then(|| "its tally is not in the log".to_owned());
            let error = counts.failure.or_else(|| held.clone().err()).or_else(missing);
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

/// Why a run had no effect.
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
