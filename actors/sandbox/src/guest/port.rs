//! What a running guest asks the ledger, and how the ledger answers.
//!
//! A host's port asks the ledger's actor; an auditor's and an author's port have a ledger in memory. A run depends
//! on the answers alone, so the same answers give the same run. A port that gives no answer ends the run without an
//! outcome.

use std::sync::Arc;

use futures::future::BoxFuture;
use icn_core::block::Operation;
use icn_core::ledger::{HoldState, LedgerRefusal};
use icn_core::name::{Did, HoldId, Owner, Unit};
use icn_core::rules::{self, PolicyInForce};

/// Why the ledger gives no answer. The run that asked has no outcome, and no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The host is going down.
    #[error("the ledger does not answer")]
    Closed,
    /// The answer depends on another scope, which is not paused for this run. The invocation runs again once it is.
    #[error("the scope {0} is needed, and is not paused for this run")]
    NeedsCounterpart(Did),
}

/// The answer of a port: what the ledger says, or why there is no answer.
pub type PortAnswer<'a, T> = BoxFuture<'a, Result<T, PortError>>;

/// Answers a running guest for the ledger, at once, as of the time of its invocation.
pub trait LedgerPort: Send {
    /// Does an operation of this invocation, or refuses it. The invocation alone sees what was done. The caller has
    /// checked that the policy of this scope names the counterpart; the port checks that the counterpart's policy
    /// names this scope.
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>>;
    /// Whether this invocation may spend that amount of an account, by its limit, its holds and every cap.
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>>;
    /// The available balance of an account of this scope: holds are left out, this invocation's operations are
    /// applied.
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128>;
    /// A hold that is open in this scope, with this invocation's operations applied.
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>>;
}

/// Whether the counterpart of an operation, if it has one, deals with this scope. A port asks this before it asks the
/// ledger. `paused` are the policies of the scopes that are paused for the run.
///
/// # Errors
/// [`PortError::NeedsCounterpart`] when the counterpart is not among them.
pub fn counterpart_consent(
    paused: &[Arc<PolicyInForce>],
    scope: Did,
    operation: &Operation,
) -> Result<Result<(), LedgerRefusal>, PortError> {
    let Some(other) = operation.counterpart() else { return Ok(Ok(())) };
    let theirs = paused.iter().find(|policy| policy.policy().scope == other);
    Ok(rules::names_counterpart(theirs.ok_or(PortError::NeedsCounterpart(other))?, scope))
}
