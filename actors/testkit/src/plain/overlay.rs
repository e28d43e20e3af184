//! What transfers would change, beside the ledger: nothing is posted before all of them are known to fit.
//!
//! One kind of overlay serves both ways in. A running invocation has one that grows with each transfer that it
//! makes; booking a receipt makes one, and then takes it over as a whole. Each begins with the scope's holds that
//! are past their deadline at the invocation's time: those return to their payers before anything else.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::limits;
use icn_core::name::{Did, HoldId, Owner, Unit};

use super::account::AccountId;
use super::error::LedgerError;
use super::hold::OpenHold;
use super::state::State;
use super::words::Transfer;

/// What is added to an account's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) debits: u128,
    pub(super) credits: u128,
}

impl Delta {
    fn balance(self) -> i128 {
        let signed = |total: u128| i128::try_from(total).unwrap_or(i128::MAX);
        signed(self.credits).saturating_sub(signed(self.debits))
    }
}

/// Changes of one scope.
#[derive(Debug, Clone)]
pub(super) struct Overlay {
    scope: Did,
    time: u64,
    pub(super) accounts: BTreeMap<AccountId, Delta>,
    /// Holds that were placed, paid from or closed: what they are now, none when closed.
    pub(super) holds: BTreeMap<HoldId, Option<OpenHold>>,
    /// Holds that were paid from and not closed.
    pub(super) partial: BTreeSet<HoldId>,
    placed: usize,
    closed: usize,
}

impl Overlay {
    /// The changes that time alone makes.
    pub(super) fn at(state: &State, scope: Did, time: u64) -> Self {
        let mut overlay = Self {
            scope,
            time,
            accounts: BTreeMap::new(),
            holds: BTreeMap::new(),
            partial: BTreeSet::new(),
            placed: 0,
            closed: 0,
        };
        for (id, hold) in state.holds.due(&scope, time) {
            overlay.move_units(&Owner::Hold(id), &hold.payer, &hold.unit, hold.amount);
            overlay.close(id);
        }
        overlay
    }

    fn id(&self, owner: &Owner, unit: &Unit) -> AccountId {
        AccountId { scope: self.scope, owner: owner.clone(), unit: unit.clone() }
    }

    /// What the overlay adds to an account's balance.
    pub(super) fn change(&self, id: &AccountId) -> i128 {
        self.accounts.get(id).copied().unwrap_or_default().balance()
    }

    /// An open hold, as it is after these changes.
    pub(super) fn hold<'a>(&'a self, state: &'a State, id: &HoldId) -> Option<&'a OpenHold> {
        match self.holds.get(id) {
            Some(changed) => changed.as_ref(),
            None => state.holds.get(&self.scope, id),
        }
    }

    fn move_units(&mut self, from: &Owner, to: &Owner, unit: &Unit, amount: u64) {
        // Sums of 64-bit amounts: a run makes some thousands of them.
        self.accounts.entry(self.id(from, unit)).or_default().debits += u128::from(amount);
        self.accounts.entry(self.id(to, unit)).or_default().credits += u128::from(amount);
    }

    fn close(&mut self, id: HoldId) {
        self.holds.insert(id, None);
        self.partial.remove(&id);
        self.closed += 1;
    }

    /// Makes a transfer that a journal may have, or refuses it and changes nothing.
    pub(super) fn transfer(&mut self, state: &State, transfer: &Transfer) -> Result<(), LedgerError> {
        check(transfer)?;
        if let Some(terms) = &transfer.terms {
            let ahead = terms.deadline.saturating_sub(self.time);
            if ahead == 0 || ahead > limits::HOLD_AHEAD_MS_MAX {
                return Err(LedgerError::Deadline { deadline: terms.deadline, time: self.time });
            }
        }
        if let Owner::Hold(id) = &transfer.from {
            let hold = self.hold(state, id).filter(|hold| hold.unit == transfer.unit);
            let hold = hold.ok_or(LedgerError::NoHold(*id))?;
            if transfer.to != hold.payer && transfer.to != hold.terms.to {
                return Err(LedgerError::NotParty(transfer.to.clone()));
            }
        }
        if let Owner::Hold(id) = &transfer.to {
            if self.holds.contains_key(id) || state.holds.get(&self.scope, id).is_some() {
                return Err(LedgerError::HoldExists(*id));
            }
            if state.holds.count(&self.scope) + self.placed - self.closed >= limits::HOLDS_OPEN_MAX {
                return Err(LedgerError::TooManyHolds);
            }
        }
        self.post(state, transfer)?;
        self.follow(state, transfer);
        Ok(())
    }

    /// Makes a posting, whoever's accounts it is between, if it is covered.
    pub(super) fn post(&mut self, state: &State, posting: &Transfer) -> Result<(), LedgerError> {
        assert!(posting.from != posting.to, "every posting has two accounts");
        let from = self.id(&posting.from, &posting.unit);
        let posted = state.accounts.get(&from).copied().unwrap_or_default().available();
        let available = posted.saturating_add(self.change(&from));
        if posting.from != Owner::Issuance && available < i128::from(posting.amount) {
            return Err(LedgerError::Insufficient {
                owner: from.owner,
                unit: from.unit,
                available,
                amount: posting.amount,
            });
        }
        self.move_units(&posting.from, &posting.to, &posting.unit, posting.amount);
        Ok(())
    }

    /// Makes the changes of an overlay, or none.
    pub(super) fn take_over(self, state: &mut State) -> Result<(), LedgerError> {
        if let Some(left) = self.partial.first() {
            return Err(LedgerError::HoldLeft(*left));
        }
        let mut changed = Vec::with_capacity(self.accounts.len());
        for (id, delta) in self.accounts {
            let mut account = state.accounts.get(&id).copied().unwrap_or_default();
            let sum = |total: u128, more: u128| {
                total.checked_add(more).ok_or_else(|| LedgerError::Overflow(id.owner.clone()))
            };
            account.debits = sum(account.debits, delta.debits)?;
            account.credits = sum(account.credits, delta.credits)?;
            changed.push((id, account));
        }
        for (id, account) in changed {
            if matches!(id.owner, Owner::Hold(_)) && account.balance() == 0 {
                // A closed hold leaves nothing behind: its zero is missed in no sum.
                state.accounts.remove(&id);
            } else {
                state.accounts.insert(id, account);
            }
        }
        for (id, hold) in self.holds {
            match hold {
                Some(hold) => state.holds.insert(self.scope, id, hold),
                None => state.holds.remove(&self.scope, &id),
            }
        }
        Ok(())
    }

    /// The holds, after a transfer was made.
    fn follow(&mut self, state: &State, transfer: &Transfer) {
        if let (Owner::Hold(id), Some(terms)) = (&transfer.to, &transfer.terms) {
            let (payer, unit) = (transfer.from.clone(), transfer.unit.clone());
            let hold = OpenHold { payer, unit, amount: transfer.amount, terms: terms.clone() };
            self.holds.insert(*id, Some(hold));
            self.placed += 1;
        }
        let Owner::Hold(id) = transfer.from else { return };
        let Some(mut hold) = self.hold(state, &id).cloned() else { return };
        hold.amount -= transfer.amount;
        if hold.amount == 0 {
            self.close(id);
        } else {
            self.holds.insert(id, Some(hold));
            self.partial.insert(id);
        }
    }
}

/// What makes a transfer one that no journal may have, whatever the balances.
fn check(transfer: &Transfer) -> Result<(), LedgerError> {
    use Owner::{Consumed, Hold, Issuance};
    let reserved = |owner: &Owner| Err(LedgerError::Reserved(owner.clone()));
    if transfer.amount == 0 || i64::try_from(transfer.amount).is_err() {
        return Err(LedgerError::Amount(transfer.amount));
    }
    let payee = transfer.terms.as_ref().map(|terms| &terms.to);
    if transfer.from == transfer.to || Some(&transfer.from) == payee {
        return Err(LedgerError::SelfTransfer(transfer.from.clone()));
    }
    for owner in [&transfer.from, &transfer.to].into_iter().chain(payee) {
        if matches!(owner, Consumed | Owner::Owed(_) | Owner::Claim(_)) {
            return reserved(owner);
        }
    }
    // Units come into being and go where somebody has them; a hold is paid by and to somebody.
    match (&transfer.from, &transfer.to) {
        (Issuance | Hold(_), Hold(_)) | (Hold(_), Issuance) => return reserved(&transfer.from),
        _ => {}
    }
    if let Some(payee) = payee.filter(|payee| matches!(payee, Issuance | Hold(_))) {
        return reserved(payee);
    }
    if transfer.unit.is_resource() {
        return Err(LedgerError::Resource(transfer.unit.clone()));
    }
    if matches!(transfer.to, Hold(_)) != transfer.terms.is_some() {
        return Err(LedgerError::Terms(transfer.to.clone()));
    }
    Ok(())
}
