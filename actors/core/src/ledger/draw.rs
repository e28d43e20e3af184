//! Resources that a host draws before a run uses them, and booking a receipt against what was drawn and staged.
//!
//! The order: [`Ledger::draw`] sets resources aside; the run stages its operations; [`Ledger::post`] checks
//! that the receipt asks for nothing else, gives back what it used, and books it. Drawn resources are in
//! memory only: a restart forgets it, and no fold of the log knows it.

use super::account::AccountNo;
use super::booking::Booking;
use super::code::LedgerCode as Code;
use super::event::Applied;
use super::machine::Ledger;
use super::refusal::{LedgerRefusal, refuse};
use crate::block::Operation;
use crate::name::{AccountId, Did, Owner, Unit};

impl Ledger {
    /// Sets up to `amount` of a resource aside for a scope, and at least `needed`. Gives the amount that was
    /// set aside.
    ///
    /// # Errors
    /// [`Code::Resource`] for a token, [`Code::Insufficient`] if less than `needed` is available.
    pub fn draw(&mut self, scope: Did, unit: &Unit, needed: u64, amount: u64) -> Result<u64, LedgerRefusal> {
        if !unit.is_resource() {
            return refuse(Code::Resource, format!("`{unit}` is a token, and only resources are drawn"));
        }
        let name = |owner| AccountId { scope, owner, unit: unit.clone() };
        let available = self.account(&name(Owner::Treasury)).unwrap_or_default().available();
        if available < i128::from(needed) {
            let what = format!("treasury has {available} {unit} available, {needed} are needed");
            return refuse(Code::Insufficient, what);
        }
        let drawn = u64::try_from(available.min(i128::from(amount.max(needed)))).unwrap_or(needed);
        assert!(drawn >= needed, "at least what is needed is drawn");
        assert!(i128::from(drawn) <= available, "no more is drawn than is available");
        if drawn > 0 {
            self.set_aside(scope, unit, drawn);
        }
        Ok(drawn)
    }

    /// The two sides of a draw. The first charge opens the second one.
    fn sides(&mut self, scope: Did, unit: &Unit) -> [AccountNo; 2] {
        [Owner::Treasury, Owner::Consumed]
            .map(|owner| self.accounts.number(&AccountId { scope, owner, unit: unit.clone() }))
    }

    /// Holds an amount on the accounts, as drawn.
    fn set_aside(&mut self, scope: Did, unit: &Unit, amount: u64) {
        let [treasury, consumed] = self.sides(scope, unit);
        self.accounts.hold(treasury, consumed, amount);
        *self.drawn.entry((scope, unit.clone())).or_default() += amount;
        debug_assert!(
            self.accounts.get(treasury).debits_held >= u128::from(self.drawn[&(scope, unit.clone())]),
            "what is drawn is held on the treasury"
        );
    }

    /// Gives drawn resources back to the treasury.
    fn undraw(&mut self, scope: Did, unit: &Unit, amount: u64) {
        let [treasury, consumed] = self.sides(scope, unit);
        self.accounts.release(treasury, consumed, amount);
        let drawn = self.drawn.get_mut(&(scope, unit.clone()));
        assert!(drawn.as_ref().is_some_and(|drawn| **drawn >= amount), "what is given back was drawn");
        if let Some(drawn) = drawn {
            *drawn -= amount;
        }
    }

    /// Books a receipt against what its scope drew and staged, and ends the scope's run. `ok` says whether the run
    /// succeeded; the journal of a failed one has only expiries. A refusal is a mistake of the host.
    ///
    /// # Errors
    /// [`Code::NotSetAside`] for what was neither drawn nor staged, or the refusal of the books.
    pub fn post(&mut self, booking: &Booking<'_>, ok: bool) -> Result<Applied, LedgerRefusal> {
        let scope = booking.scope;
        let staged = self.runs.remove(&scope).map(|run| run.journal).unwrap_or_default();
        let (_, asked) = Operation::parts(booking.journal);
        if asked != if ok { &staged[..] } else { &[] } {
            return refuse(Code::NotSetAside, "a journal that is not what was staged");
        }
        for (unit, amount) in booking.drawn() {
            let drawn = self.drawn.get(&(scope, unit.clone())).copied().unwrap_or(0);
            if drawn < amount {
                let what = format!("{amount} {unit} are posted where {drawn} were drawn");
                return refuse(Code::NotSetAside, what);
            }
        }
        for (unit, amount) in booking.drawn().into_iter().filter(|(_, amount)| *amount > 0) {
            self.undraw(scope, &unit, amount);
        }
        let answer = self.book(booking);
        if answer.is_err() {
            for (unit, amount) in booking.drawn().into_iter().filter(|(_, amount)| *amount > 0) {
                self.set_aside(scope, &unit, amount);
            }
        }
        assert!(!self.runs.contains_key(&scope), "a run ends when its receipt is booked");
        answer
    }
}
