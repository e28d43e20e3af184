//! A run takes into its own books what it names: accounts, units, caps and holds, each at its first use.
//!
//! Each is taken once, with everything that a decision about it asks. The ledger is only read. So a run costs
//! what it touches, and forgetting a run is dropping its books.

use super::account::AccountNo;
use super::cap::Cap;
use super::hold::Hold;
use super::machine::{Ledger, Run};
use super::mark::PRESENT;
use crate::block::CapKey;
use crate::name::{AccountId, Did, HoldId, Unit};

impl Run {
    /// Takes an account, once: what the run moved since stays.
    pub(super) fn take_account(&mut self, ledger: &Ledger, id: &AccountId) -> AccountNo {
        let ours = self.books.accounts.number(id);
        if !self.accounts_taken.insert(id.clone()) {
            return ours;
        }
        self.take_unit(ledger, id.scope, &id.unit);
        if let Some(theirs) = ledger.accounts.find(id) {
            let flags = ledger.accounts.mark(theirs).flags();
            self.books.accounts.set_flags(ours, flags | PRESENT);
            self.books.accounts.set_limits(ours, ledger.accounts.limits(theirs));
            self.books.accounts.set(ours, ledger.accounts.get(theirs));
            debug_assert_eq!(self.books.account(id), ledger.account(id), "an account is taken as it is");
        }
        ours
    }

    /// Takes a unit with its decimal places.
    pub(super) fn take_unit(&mut self, ledger: &Ledger, scope: Did, unit: &Unit) {
        if let Some(scale) = ledger.units.get(&(scope, unit.clone())) {
            self.books.units.entry((scope, unit.clone())).or_insert(*scale);
        }
    }

    /// Takes caps, each once: what the run counted since stays, and so does that it removed one.
    pub(super) fn take_caps<'a>(&mut self, caps: impl IntoIterator<Item = (&'a CapKey, &'a Cap)>) {
        for (key, cap) in caps {
            if !self.caps_taken.contains(key) {
                self.caps_taken.insert(key.clone());
                self.books.caps.0.insert(key.clone(), cap.clone());
            }
        }
    }

    /// Takes the caps that count what the run spends of a unit.
    pub(super) fn take_caps_on(&mut self, ledger: &Ledger, unit: &Unit) {
        let binding = ledger.caps.binding(self.scope, unit, &self.actor);
        self.take_caps(binding);
    }

    /// Takes an open hold with its accounts and its caps, once.
    pub(super) fn take_hold(&mut self, ledger: &Ledger, scope: Did, id: HoldId) {
        if !self.holds_taken.insert((scope, id)) {
            return;
        }
        let Some(hold) = ledger.holds.get(&scope, &id).cloned() else { return };
        self.take_caps(hold.caps.iter().filter_map(|key| ledger.caps.0.get_key_value(key)));
        let mut side = |no| self.take_account(ledger, &ledger.accounts.name(no));
        let (from, to) = (side(hold.from), side(hold.to));
        let open = self.books.holds.count(&self.scope);
        if scope == self.scope {
            assert!(self.books.holds.unseen > 0, "a hold that is taken was counted when the run began");
            self.books.holds.unseen -= 1;
        }
        let before = self.books.holds.put(scope, id, Some(Hold { from, to, ..hold }));
        assert!(before.is_none(), "a hold is taken once");
        debug_assert!(
            scope != self.scope || self.books.holds.count(&scope) == open,
            "taking a hold does not change how many are open"
        );
    }
}
