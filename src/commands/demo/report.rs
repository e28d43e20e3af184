//! The result of a demo, taken from the audited log. So it is the same however often the demo was
//! interrupted.

use serde::Serialize;

/// The result. Its fields are those of the JSON document.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) scopes: Vec<ScopeReport>,
    pub(super) invocations: u64,
    pub(super) seconds: f64,
    pub(super) checkpoint: CheckpointReport,
    pub(super) audit: AuditSummary,
    /// Invocations that this run submitted.
    #[serde(skip)]
    pub(super) submitted: u64,
    #[serde(skip)]
    pub(super) divergence: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ScopeReport {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) did: String,
    pub(super) ballots_accepted: u64,
    pub(super) ballots_refused: u64,
    pub(super) funded: Vec<String>,
    pub(super) spent: u64,
    pub(super) budget: i64,
    pub(super) fuel: u64,
    /// The root of the scope's state after its last receipt.
    pub(super) state_root: String,
    /// Why the election was not held; missing when it was held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

#[derive(Serialize)]
pub(super) struct CheckpointReport {
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) root: String,
}

#[derive(Serialize)]
pub(super) struct AuditSummary {
    pub(super) ok: bool,
}

impl Report {
    /// Whether every election was held and the audit passed.
    pub(super) fn is_ok(&self) -> bool {
        self.audit.ok && self.errors().next().is_none()
    }

    /// Why elections were not held, by file.
    pub(super) fn errors(&self) -> impl Iterator<Item = String> {
        self.scopes.iter().filter_map(|scope| Some(format!("{}: {}", scope.file, scope.error.as_ref()?)))
    }

    pub(super) fn to_json(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|e| e.to_string())
    }
}
