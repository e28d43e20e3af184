//! Runs a ruling of administrators: the one module that is no guest.
//!
//! A ruling is a list of operations of the ledger. It is done as a whole or not at all, in this order: read the
//! input; check the bounds; charge; check each operation and hand it to the ledger.

use std::collections::BTreeMap;

use icn_core::block::{Operation, Outcome, Staged, Trap, TrapKind, Usage, ruling};
use icn_core::fold::crossing;
use icn_core::ledger::{LedgerCode, LedgerRefusal};
use icn_core::{costs, limits, rules};

use super::error::RunError;
use crate::guest::Call;

/// Does the operations of a ruling's input, all or none. A ruling that fails has the number of the ledger's code as
/// its outcome, and its output says which operation failed and why.
///
/// # Errors
/// [`RunError::HostFault`] when the ledger does not answer, [`RunError::NeedsCounterpart`] when another scope is
/// needed.
pub async fn rule(mut call: Call) -> Result<Staged, RunError> {
    let (operations, fuel) = match read(&call) {
        Ok(read) => read,
        Err(ended) => return Ok(*ended),
    };
    let scope = call.policy.policy().scope;
    for (at, operation) in operations.iter().enumerate() {
        if let Err(refusal) = stage(&mut call, &scope, operation).await? {
            return Ok(failed(fuel, &LedgerRefusal { at: at as u64, ..refusal }));
        }
    }
    Ok(Staged {
        outcome: Outcome::Ok,
        fuel,
        usage: Usage::default(),
        output: Vec::new(),
        logged: None,
        writes: BTreeMap::new(),
        journal: operations,
        nodes: Vec::new(),
        anchors: Vec::new(),
    })
}

/// The operations of a ruling and the fuel that it burns; or how it ended, when it is not within its bounds.
fn read(call: &Call) -> Result<(Vec<Operation>, u64), Box<Staged>> {
    let refused = |operations: usize, what: String| {
        let fuel = costs::ruling_fuel(operations).min(call.fuel);
        Err(Box::new(failed(fuel, &LedgerRefusal::new(LedgerCode::GroupSize, what))))
    };
    let operations = match ruling::read(&call.input) {
        Ok(operations) => operations,
        Err(error) => return refused(0, error.to_string()),
    };
    let (scopes, max) = (crossing::counterparts(&operations).len(), limits::CROSSING_SCOPES_MAX);
    if scopes > max {
        let what = format!("{scopes} other scopes in one ruling where at most {max} are allowed");
        return refused(operations.len(), what);
    }
    let fuel = costs::ruling_fuel(operations.len());
    if fuel > call.fuel {
        let detail = format!("a ruling of {} operations costs {fuel}", operations.len());
        let trap = Outcome::Trapped(Trap { kind: TrapKind::OutOfFuel, detail });
        return Err(Box::new(Staged::without_effects(trap, call.fuel, 0, Vec::new(), None)));
    }
    Ok((operations, fuel))
}

/// A ruling that failed by a refusal of the ledger's.
fn failed(fuel: u64, refusal: &LedgerRefusal) -> Staged {
    let number = i32::from(refusal.code.number());
    Staged::without_effects(Outcome::Failed(number), fuel, 0, refusal.to_string().into_bytes(), None)
}

/// Checks who may rule so and, for an operation with another scope, that the policy names it; then asks the ledger.
async fn stage(
    call: &mut Call,
    scope: &icn_core::name::Did,
    operation: &Operation,
) -> Result<Result<(), LedgerRefusal>, RunError> {
    if let Err(refusal) = rules::may_rule(scope, &call.caller, operation) {
        return Ok(Err(refusal));
    }
    if let Some(other) = operation.counterpart()
        && let Err(refusal) = rules::names_counterpart(&call.policy, other)
    {
        return Ok(Err(refusal));
    }
    Ok(call.ledger.stage(operation.clone()).await?)
}
