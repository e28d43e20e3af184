//! The delegations in a log, and how long each one still counts. The log is audited first.

use std::path::Path;

use icn_core::fold::Fold;
use icn_core::limits;
use icn_core::rules::keys::{Delegated, Keys};
use icn_runtime::{Audit, BlockId, Did, Invocation, Listener, Receipt, Subject, now_ms};

use super::failure::Failure;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The state of a delegation now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    InForce,
    /// In force, but it ends within [`limits::KEY_END_WARNING_MS`].
    EndsSoon,
    /// Not in force yet.
    Later,
    Ended,
    Revoked,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::EndsSoon => "ENDS SOON: make a new delegation",
            Self::Later => "not begun",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
        }
    }

    fn of(given: &Delegated, now_ms: u64) -> Self {
        if given.is_revoked {
            Self::Revoked
        } else if now_ms >= given.until_ms {
            Self::Ended
        } else if now_ms < given.from_ms {
            Self::Later
        } else if given.until_ms - now_ms <= limits::KEY_END_WARNING_MS {
            Self::EndsSoon
        } else {
            Self::InForce
        }
    }
}

/// A delegation of the log.
#[derive(Debug, serde::Serialize)]
pub(super) struct Listed {
    pub(super) scope: String,
    pub(super) cid: String,
    pub(super) key: String,
    /// Seconds since the Unix epoch.
    pub(super) from: Option<i64>,
    /// Seconds since the Unix epoch.
    pub(super) until: i64,
    pub(super) state: State,
    /// Whole days until it ends, while it is in force.
    pub(super) days_left: Option<u64>,
}

impl Listed {
    fn of(scope: &Did, given: &Delegated, now_ms: u64) -> Self {
        let seconds = |ms: u64| i64::try_from(ms / 1000).unwrap_or(i64::MAX);
        let state = State::of(given, now_ms);
        let is_in_force = matches!(state, State::InForce | State::EndsSoon);
        Self {
            scope: scope.to_string(),
            cid: given.delegation.to_string(),
            key: given.key.to_string(),
            from: (given.from_ms > 0).then(|| seconds(given.from_ms)),
            until: seconds(given.until_ms),
            state,
            days_left: is_in_force.then(|| (given.until_ms - now_ms) / DAY_MS),
        }
    }
}

/// Collects the delegations from the state at the end of the log.
#[derive(Default)]
struct Delegations(Vec<(Did, Delegated)>);

impl Listener for Delegations {
    fn receipt(&mut self, _: BlockId, _: &Invocation, _: &Receipt) {}
    fn folded(&mut self, fold: &Fold) {
        for scope in fold.chains().keys() {
            let given = fold.keys().of(scope).map(Keys::delegations).unwrap_or_default();
            self.0.extend(given.into_iter().map(|given| (*scope, given)));
        }
    }
}

/// The delegations of all scopes of a data directory.
pub(super) fn list(data: &Path) -> Result<Vec<Listed>, Failure> {
    let mut found = Delegations::default();
    let report = Audit::of(Subject::Data(data.to_owned())).run(&mut found);
    let report = report.map_err(|error| Failure::Misuse(error.to_string()))?;
    if let Some(finding) = report.divergence {
        return Err(Failure::Failed(format!("the log does not hold: {finding}: run `icn audit`")));
    }
    let now = now_ms();
    Ok(found.0.iter().map(|(scope, given)| Listed::of(scope, given, now)).collect())
}
