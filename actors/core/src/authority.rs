//! Whether a journal is one that its module could write: checked over the log's words alone, without running
//! anything again.
//!
//! The sandbox lets a guest debit the accounts of its caller, of its module and, with the capability, of the
//! treasury, and never one that it names in text. A receipt that says otherwise is not of a run that happened,
//! however well it is signed and covered.

use std::collections::BTreeMap;

use crate::block::{Capability, HoldTerms, Invocation, Receipt, Transfer};
use crate::chain::{ChainError, hold_id};
use crate::id::{HoldId, Owner};
use crate::ledger::Ledger;
use crate::policy::PolicyInForce;

/// The memo of tokens that a module consumes: the host writes it, and the guest has no word in it.
pub const USAGE_MEMO: &str = "usage";

/// Who is asking, and under which policy.
struct Asker<'a> {
    invocation: &'a Invocation,
    policy: &'a PolicyInForce,
}

/// Checks each transfer of a receipt's journal. `seed` is the run's ([`crate::chain::random_seed`]), `ledger` the
/// one before the receipt.
pub fn check_journal(
    invocation: &Invocation,
    receipt: &Receipt,
    policy: &PolicyInForce,
    seed: &[u8; 32],
    ledger: &Ledger,
) -> Result<(), ChainError> {
    let asker = Asker { invocation, policy };
    let mut placed: BTreeMap<HoldId, (Owner, HoldTerms)> = BTreeMap::new();
    for transfer in &receipt.journal {
        if let Owner::Hold(id) = transfer.from {
            let posted = || {
                let hold = ledger.open_hold(receipt.scope, receipt.time, &id)?;
                Some((hold.payer, hold.terms))
            };
            let (payer, terms) = placed.get(&id).cloned().or_else(posted).ok_or_else(|| {
                ChainError::new("transfer out of a hold", "a hold that is open at its time", id)
            })?;
            asker.may_close(transfer, &payer, &terms)?;
            continue;
        }
        asker.may_debit(transfer)?;
        match &transfer.terms {
            None if transfer.from == Owner::Issuance || transfer.to == Owner::Issuance => {
                asker.needs(Capability::Mint)?;
            }
            None if asker.is_usage(transfer) => {}
            None => asker.needs(Capability::Transfer)?,
            Some(terms) => {
                asker.needs(Capability::Transfer)?;
                if terms.module != invocation.module {
                    return Err(ChainError::new("hold's module", invocation.module, terms.module));
                }
                let id = hold_id(seed, placed.len() as u64);
                if transfer.to != Owner::Hold(id) {
                    return Err(ChainError::new("hold's account", Owner::Hold(id), &transfer.to));
                }
                placed.insert(id, (transfer.from.clone(), terms.clone()));
            }
        }
    }
    Ok(())
}

impl Asker<'_> {
    fn needs(&self, capability: Capability) -> Result<(), ChainError> {
        if self.policy.grants(&self.invocation.module, capability) {
            return Ok(());
        }
        let granted = self.policy.install(&self.invocation.module).map(|install| {
            let names = install.capabilities.iter().map(ToString::to_string);
            names.collect::<Vec<_>>().join(", ")
        });
        Err(ChainError::new(
            "transfer's authority",
            format!("the capability `{capability}`"),
            format!("a module that is granted: {}", granted.unwrap_or_default()),
        ))
    }

    fn may_debit(&self, transfer: &Transfer) -> Result<(), ChainError> {
        match &transfer.from {
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
    fn is_usage(&self, transfer: &Transfer) -> bool {
        self.policy.grants(&self.invocation.module, Capability::Usage)
            && transfer.from == Owner::Member(self.invocation.caller)
            && transfer.to == Owner::Treasury
            && self.policy.policy().token.as_ref() == Some(&transfer.unit)
            && transfer.memo == USAGE_MEMO
    }

    fn may_close(&self, transfer: &Transfer, payer: &Owner, terms: &HoldTerms) -> Result<(), ChainError> {
        self.needs(Capability::Transfer)?;
        if terms.module != self.invocation.module {
            return Err(ChainError::new("hold's module", terms.module, self.invocation.module));
        }
        if transfer.to != *payer && transfer.to != terms.to {
            let parties = format!("{} or {payer}", terms.to);
            return Err(ChainError::new("transfer out of a hold", parties, &transfer.to));
        }
        Ok(())
    }
}
