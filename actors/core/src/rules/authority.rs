//! Whether a journal, and what else a receipt does, is what its module could bring about: checked over the log's words
//! alone, without running anything again.
//!
//! The sandbox lets a guest debit the accounts of its caller, of its module and, with the capability, of the
//! treasury, and never one that it names in text. A receipt that says otherwise is not of a run that happened,
//! however well it is signed and covered.

use std::collections::BTreeSet;

use super::policy::PolicyInForce;
use super::ruling::check_ruling;
use crate::block::{Capability, ChainError, Invocation, Operation, Receipt, USAGE_MEMO, ruling};
use crate::ledger::Ledger;
use crate::name::{HoldId, Owner, hold_id};

/// Who is asking, and under which policy.
struct Asker<'a> {
    invocation: &'a Invocation,
    policy: &'a PolicyInForce,
}

/// Checks that the module may have the effects that a receipt has, and each operation of its journal but the expiries,
/// which are the chain's business. `seed` is the run's
/// ([`crate::name::random_seed`]), `ledger` the one before the receipt.
///
/// Format: docs/formats.md, "Authority".
///
/// # Errors
/// The first operation that the module could not have asked for.
pub fn check_journal(
    invocation: &Invocation,
    receipt: &Receipt,
    policy: &PolicyInForce,
    seed: &[u8; 32],
    ledger: &Ledger,
) -> Result<(), ChainError> {
    if ruling::is_of_ledger(&invocation.module) {
        return check_ruling(invocation, receipt, policy);
    }
    let asker = Asker { invocation, policy };
    asker.check_effects(receipt)?;
    let mut placed: BTreeSet<HoldId> = BTreeSet::new();
    for operation in &receipt.journal {
        match operation {
            Operation::Expire { .. } => {}
            Operation::Rule(command) => {
                return Err(ChainError::new("ruling", "none of a guest", command.name()));
            }
            Operation::Transfer { from, to, .. } => {
                asker.may_debit(from)?;
                if [from, to].contains(&&Owner::Issuance) {
                    asker.needs(Capability::Mint)?;
                } else if !asker.is_usage(operation) {
                    asker.needs(Capability::Transfer)?;
                }
            }
            Operation::Send { from, scope, .. } => {
                asker.may_debit(from)?;
                asker.needs(Capability::Cross)?;
                if *from == Owner::Issuance {
                    return Err(ChainError::new("transfer's debit", "an account with something in it", from));
                }
                if !policy.deals_with(scope) {
                    return Err(ChainError::new("counterpart", "one that the policy names", scope));
                }
            }
            Operation::Receive { .. } => {
                return Err(ChainError::new("receipt's journal", "what its scope pays", operation.name()));
            }
            Operation::Hold { id, from, module, .. } => {
                asker.may_debit(from)?;
                asker.needs(Capability::Transfer)?;
                asker.is_of_module(&Owner::Module(*module))?;
                let named = hold_id(seed, placed.len() as u64);
                if *id != named {
                    return Err(ChainError::new("hold's name", named, id));
                }
                placed.insert(named);
            }
            Operation::Settle { id, .. } | Operation::Void { id } => {
                asker.needs(Capability::Transfer)?;
                if placed.contains(id) {
                    continue;
                }
                let hold = ledger
                    .open_hold(receipt.scope, receipt.time, id)
                    .ok_or_else(|| ChainError::new("end of a hold", "one that is open at its time", id))?;
                asker.is_of_module(&hold.by)?;
            }
        }
    }
    Ok(())
}

impl Asker<'_> {
    /// What beside its journal a receipt has.
    fn check_effects(&self, receipt: &Receipt) -> Result<(), ChainError> {
        if !receipt.writes.is_empty() {
            self.needs_for("effects' authority", Capability::State)?;
        }
        if !(receipt.nodes.is_empty() && receipt.anchors.is_empty()) {
            self.needs_for("effects' authority", Capability::Dag)?;
        }
        Ok(())
    }

    fn needs(&self, capability: Capability) -> Result<(), ChainError> {
        self.needs_for("transfer's authority", capability)
    }

    fn needs_for(&self, what: &'static str, capability: Capability) -> Result<(), ChainError> {
        if self.policy.grants(&self.invocation.module, capability) {
            return Ok(());
        }
        let granted = self.policy.install(&self.invocation.module).map(|install| {
            let names = install.capabilities.iter().map(ToString::to_string);
            names.collect::<Vec<_>>().join(", ")
        });
        Err(ChainError::new(
            what,
            format!("the capability `{capability}`"),
            format!("a module that is granted: {}", granted.unwrap_or_default()),
        ))
    }

    fn may_debit(&self, from: &Owner) -> Result<(), ChainError> {
        match from {
            Owner::Member(member) if *member == self.invocation.caller => Ok(()),
            Owner::Module(module) if *module == self.invocation.module => Ok(()),
            Owner::Issuance => Ok(()),
            Owner::Treasury => self.needs(Capability::Treasury),
            other => Err(ChainError::new(
                "transfer's debit",
                "an account of the caller, the module, the treasury or the issuance",
                other,
            )),
        }
    }

    /// Whether it is what `host_record_resource_usage` writes.
    fn is_usage(&self, operation: &Operation) -> bool {
        let Operation::Transfer { from, to, unit, memo, .. } = operation else { return false };
        self.policy.grants(&self.invocation.module, Capability::Usage)
            && *from == Owner::Member(self.invocation.caller)
            && *to == Owner::Treasury
            && self.policy.policy().token.as_ref() == Some(unit)
            && memo == USAGE_MEMO
    }

    /// A hold belongs to the module that placed it, which alone may end it.
    fn is_of_module(&self, by: &Owner) -> Result<(), ChainError> {
        let ours = Owner::Module(self.invocation.module);
        if *by == ours { Ok(()) } else { Err(ChainError::new("hold's module", ours, by)) }
    }
}
