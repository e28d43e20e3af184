//! Whether a journal, and what else a receipt does, is what its module could bring about: checked over the log's words
//! alone, without running anything again.
//!
//! The sandbox lets a guest debit the accounts of its caller, of its module and, with the capability, of the
//! treasury, and never one that it names in text. A receipt that says otherwise is not of a run that happened,
//! however well it is signed and covered.

use std::collections::BTreeSet;

use super::policy::PolicyInForce;
use super::ruling::check_ruling;
use crate::block::{BrokenRule, Capability, Invocation, Operation, Receipt, USAGE_MEMO, ruling};
use crate::ledger::Ledger;
use crate::name::{Did, HoldId, Owner, hold_id};

/// Who is asking, under which policy, and what of it was judged already.
struct JournalCheck<'a> {
    invocation: &'a Invocation,
    receipt: &'a Receipt,
    policy: &'a PolicyInForce,
    /// The run's.
    seed: &'a [u8; 32],
    /// Before the receipt.
    ledger: &'a Ledger,
    /// Holds that the run placed so far.
    placed: BTreeSet<HoldId>,
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
) -> Result<(), BrokenRule> {
    if ruling::is_of_ledger(&invocation.module) {
        return check_ruling(invocation, receipt, policy);
    }
    let mut asker = JournalCheck { invocation, receipt, policy, seed, ledger, placed: BTreeSet::new() };
    asker.check_effects()?;
    receipt.journal.iter().try_for_each(|operation| asker.check_operation(operation))
}

impl JournalCheck<'_> {
    fn check_operation(&mut self, operation: &Operation) -> Result<(), BrokenRule> {
        match operation {
            Operation::Expire { .. } => Ok(()),
            Operation::Rule(command) => Err(BrokenRule::new("ruling", "none of a guest", command.name())),
            Operation::Transfer { from, to, .. } => {
                self.may_debit(from)?;
                if [from, to].contains(&&Owner::Issuance) {
                    self.needs(Capability::Mint)
                } else if self.is_usage(operation) {
                    Ok(())
                } else {
                    self.needs(Capability::Transfer)
                }
            }
            Operation::Send { from, scope, .. } => self.may_send(from, scope),
            Operation::Receive { .. } => {
                Err(BrokenRule::new("receipt's journal", "what its scope pays", operation.name()))
            }
            Operation::Hold { id, from, module, .. } => {
                self.may_debit(from)?;
                self.needs(Capability::Transfer)?;
                self.is_of_module(&Owner::Module(*module))?;
                self.place(id)
            }
            Operation::Settle { id, .. } | Operation::Void { id } => self.may_end(id),
        }
    }

    fn may_send(&self, from: &Owner, scope: &Did) -> Result<(), BrokenRule> {
        self.may_debit(from)?;
        self.needs(Capability::Cross)?;
        if *from == Owner::Issuance {
            return Err(BrokenRule::new("transfer's debit", "an account with something in it", from));
        }
        if !self.policy.deals_with(scope) {
            return Err(BrokenRule::new("counterpart", "one that the policy names", scope));
        }
        Ok(())
    }

    /// A hold has the name that follows from the run and from how many it had placed before.
    fn place(&mut self, id: &HoldId) -> Result<(), BrokenRule> {
        let named = hold_id(self.seed, self.placed.len() as u64);
        if *id != named {
            return Err(BrokenRule::new("hold's name", named, id));
        }
        self.placed.insert(named);
        Ok(())
    }

    fn may_end(&self, id: &HoldId) -> Result<(), BrokenRule> {
        self.needs(Capability::Transfer)?;
        if self.placed.contains(id) {
            return Ok(());
        }
        let Receipt { scope, time, .. } = *self.receipt;
        let hold = self
            .ledger
            .open_hold(scope, time, id)
            .ok_or_else(|| BrokenRule::new("end of a hold", "one that is open at its time", id))?;
        self.is_of_module(&hold.by)
    }

    /// What beside its journal a receipt has.
    fn check_effects(&self) -> Result<(), BrokenRule> {
        let receipt = self.receipt;
        if !receipt.writes.is_empty() {
            self.needs_for("effects' authority", Capability::State)?;
        }
        if !(receipt.nodes.is_empty() && receipt.anchors.is_empty()) {
            self.needs_for("effects' authority", Capability::Dag)?;
        }
        Ok(())
    }

    fn needs(&self, capability: Capability) -> Result<(), BrokenRule> {
        self.needs_for("transfer's authority", capability)
    }

    fn needs_for(&self, what: &'static str, capability: Capability) -> Result<(), BrokenRule> {
        if self.policy.grants(&self.invocation.module, capability) {
            return Ok(());
        }
        let granted = self.policy.install(&self.invocation.module).map(|install| {
            let names = install.capabilities.iter().map(ToString::to_string);
            names.collect::<Vec<_>>().join(", ")
        });
        Err(BrokenRule::new(
            what,
            format!("the capability `{capability}`"),
            format!("a module that is granted: {}", granted.unwrap_or_default()),
        ))
    }

    fn may_debit(&self, from: &Owner) -> Result<(), BrokenRule> {
        match from {
            Owner::Member(member) if *member == self.invocation.caller => Ok(()),
            Owner::Module(module) if *module == self.invocation.module => Ok(()),
            Owner::Issuance => Ok(()),
            Owner::Treasury => self.needs(Capability::Treasury),
            other => Err(BrokenRule::new(
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
    fn is_of_module(&self, by: &Owner) -> Result<(), BrokenRule> {
        let ours = Owner::Module(self.invocation.module);
        if *by == ours { Ok(()) } else { Err(BrokenRule::new("hold's module", ours, by)) }
    }
}
