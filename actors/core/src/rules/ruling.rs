//! What an administrator may ask of the ledger, and whether a ruling's receipt is one.

use super::policy::PolicyInForce;
use crate::block::{ChainError, Invocation, Operation, Receipt, ruling};
use crate::ledger::{LedgerCode, LedgerRefusal};
use crate::name::{Did, Owner};

/// Whether an administrator of this scope may ask for it: rulings of the scope, and transfers of what nobody but the
/// scope has.
///
/// # Errors
/// [`LedgerCode::Unauthorised`], with the operation.
pub fn may_rule(scope: &Did, caller: &Did, operation: &Operation) -> Result<(), LedgerRefusal> {
    let (fine, what) = match operation {
        Operation::Rule(command) => (command.rules(scope), "a ruling over another scope, or no ruling"),
        Operation::Send { from: Owner::Issuance, .. } => (false, "a debit of nobody's account"),
        Operation::Transfer { from, .. } | Operation::Send { from, .. } => {
            let own = match from {
                Owner::Treasury | Owner::Issuance | Owner::Name(_) => true,
                Owner::Member(member) => member == caller,
                _ => false,
            };
            (own, "a debit of somebody else's account")
        }
        _ => (false, "neither a ruling nor a transfer"),
    };
    if fine {
        return Ok(());
    }
    Err(LedgerRefusal::new(LedgerCode::Unauthorised, format!("`{}` is {what}", operation.name())))
}

/// Checks the receipt of a ruling: what was done is what the input asks for, and nothing else.
///
/// Format: docs/formats.md, "Rulings".
///
/// # Errors
/// An operation that no administrator may ask for, or that the input does not have; effects beside the journal.
pub(crate) fn check_ruling(
    invocation: &Invocation,
    receipt: &Receipt,
    policy: &PolicyInForce,
) -> Result<(), ChainError> {
    let asked = receipt.asked();
    if !(receipt.writes.is_empty() && receipt.nodes.is_empty() && receipt.anchors.is_empty()) {
        return Err(ChainError::new("ruling", "a journal alone", "other effects"));
    }
    for operation in asked {
        if let Some(other) = operation.counterpart().filter(|other| !policy.deals_with(other)) {
            return Err(ChainError::new("counterpart", "one that the policy names", other));
        }
        may_rule(&receipt.scope, &invocation.caller, operation)
            .map_err(|refusal| ChainError::new("ruling", "what an administrator may ask for", refusal))?;
    }
    if !receipt.outcome.is_ok() {
        return Ok(());
    }
    let wanted = ruling::read(&invocation.input).map_err(|e| ChainError::new("ruling", "operations", e))?;
    if wanted != asked {
        return Err(ChainError::new("ruling", format!("{wanted:?}"), format!("{asked:?}")));
    }
    Ok(())
}
