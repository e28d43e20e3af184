//! Runs a ruling: the one module that is no guest.

use std::collections::BTreeMap;

use icn_core::block::{Operation, Outcome, Staged, Trap, TrapKind, Usage, ruling};
use icn_core::fold::crossing;
use icn_core::ledger::{LedgerCode, LedgerRefusal};
use icn_core::{costs, limits, rules};

use super::error::RunError;
use crate::guest::Call;

/// Does what a ruling's input asks for, whole or not at all. What it fails by is the number of the ledger's code, and
/// its output says which operation and why.
///
/// # Errors
/// [`RunError::HostFault`] when the ledger does not answer.
pub async fn rule(mut call: Call) -> Result<Staged, RunError> {
    let failed = |fuel: u64, refusal: &LedgerRefusal| {
        let number = i32::from(refusal.code.number());
        let said = refusal.to_string().into_bytes();
        Staged::without_effects(Outcome::Failed(number), fuel, 0, said, None)
    };
    let operations = match ruling::read(&call.input) {
        Ok(operations) => operations,
        Err(error) => {
            let fuel = costs::ruling_fuel(0).min(call.fuel);
            return Ok(failed(fuel, &LedgerRefusal::new(LedgerCode::GroupSize, error.to_string())));
        }
    };
    let fuel = costs::ruling_fuel(operations.len());
    let (beside, max) = (crossing::counterparts(&operations).len(), limits::CROSSING_SCOPES_MAX);
    if beside > max {
        let what = format!("{beside} other scopes in one ruling where at most {max} are allowed");
        let fuel = fuel.min(call.fuel);
        return Ok(failed(fuel, &LedgerRefusal::new(LedgerCode::GroupSize, what)));
    }
    if fuel > call.fuel {
        let detail = format!("a ruling of {} operations costs {fuel}", operations.len());
        let trap = Outcome::Trapped(Trap { kind: TrapKind::OutOfFuel, detail });
        return Ok(Staged::without_effects(trap, call.fuel, 0, Vec::new(), None));
    }
    let scope = call.policy.policy().scope;
    for (at, operation) in operations.iter().enumerate() {
        let refusal = match stage(&mut call, &scope, operation).await? {
            Ok(()) => continue,
            Err(refusal) => LedgerRefusal { at: at as u64, ..refusal },
        };
        return Ok(failed(fuel, &refusal));
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
