//! Resources that are drawn before they are used, and booking against what was drawn and staged.

use super::account::AccountNo;
use super::booking::Booking;
use super::code::{LedgerCode as Code, LedgerRefusal, refuse};
use super::event::Applied;
use super::machine::Ledger;
use crate::block::Operation;
use crate::name::{AccountId, Did, Owner, Unit};

impl Ledger {
    /// Sets up to `amount` of a resource aside for a scope, at least `needed`; says how much was set aside.
    ///
    /// # Errors
    /// [`Code::Resource`] for a token, [`Code::Insufficient`] when less than `needed` is there.
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
        if drawn > 0 {
            self.set_aside(scope, unit, drawn);
        }
        Ok(drawn)
    }

    /// The two sides of a draw, by number; the second is opened by the first charge.
    fn sides(&mut self, scope: Did, unit: &Unit) -> [AccountNo; 2] {
        [Owner::Treasury, Owner::Consumed]
            .map(|owner| self.accounts.number(&AccountId { scope, owner, unit: unit.clone() }))
    }

    fn set_aside(&mut self, scope: Did, unit: &Unit, amount: u64) {
        let [treasury, consumed] = self.sides(scope, unit);
        self.accounts.hold(treasury, consumed, amount);
        *self.drawn.entry((scope, unit.clone())).or_default() += amount;
    }

    /// Gives drawn resources back to the account that they are of.
    fn undraw(&mut self, scope: Did, unit: &Unit, amount: u64) {
        let [treasury, consumed] = self.sides(scope, unit);
        self.accounts.release(treasury, consumed, amount);
        if let Some(drawn) = self.drawn.get_mut(&(scope, unit.clone())) {
            *drawn -= amount;
        }
    }

    /// Books a receipt against what its scope drew and staged. `ok` says whether its run's effects hold; of one that
    /// failed the journal has expiries alone. A refusal is a mistake of the host's own.
    ///
    /// # Errors
    /// [`Code::NotSetAside`] for what was neither drawn nor staged; or what the books do not allow.
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
        answer
    }
}
