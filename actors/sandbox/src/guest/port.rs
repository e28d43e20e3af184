//! What a running guest asks the ledger, and how the ledger answers.
//!
//! The runtime's own port is an actor's mailbox; an auditor's and an author's are a ledger in memory. A run depends on the
//! answers alone, so the same answers give the same run. A port that gives no answer ends the run without an outcome.

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
    /// The answer depends on another scope, which does not hold still for this run: to be run again once it does.
    #[error("the scope {0} does not hold still for this run")]
    NeedsCounterpart(Did),
}

/// What a port gives: the ledger's answer, or why there is none.
pub type PortAnswer<'a, T> = BoxFuture<'a, Result<T, PortError>>;

/// The ledger's word on what a guest moves and on balances, at once, at the time of its invocation.
pub trait LedgerPort: Send {
    /// Does an operation of this invocation, for it alone to see, or refuses it. That the invocation's own policy names
    /// the counterpart was asked before; whether the counterpart's names this scope, the port asks.
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>>;
    /// Whether this invocation's actor may spend so much of an account: its limit, what is held, and every cap.
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>>;
    /// What an account of this scope has and has not set aside, this invocation's own operations done.
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128>;
    /// A hold that is open in this scope, this invocation's own doings applied.
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
