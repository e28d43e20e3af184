//! Many transfers at once, by the numbers of their accounts: for a host that looked the names up before.
//!
//! The rules and the codes are those of a transfer command by the runtime: it asks for no rights, and no cap
//! may be set. Transfers between plain accounts are posted in a tight loop (`posting.rs`); the first transfer
//! that needs more questions is judged here, and then the loop goes on. After a refusal everything is taken
//! back.

use std::collections::BTreeSet;

use super::account::{AccountNo, Leg};
use super::check::{movable, token};
use super::code::LedgerCode as Code;
use super::machine::Ledger;
use super::mark::{CLOSED, FROZEN, Mark, PRESENT};
use super::refusal::{LedgerRefusal, refuse};
use crate::name::Did;

impl Ledger {
    /// Makes all of these transfers at a recorded time, or none. Both accounts of a transfer are of one scope
    /// and unit. A ledger with caps takes transfers only by [`apply`](Self::apply).
    ///
    /// # Errors
    /// The first code that applies to the first refused transfer. `at` is its place, from 0.
    pub fn transfers(&mut self, legs: &[Leg], time: u64) -> Result<(), LedgerRefusal> {
        if legs.is_empty() || !self.caps.0.is_empty() {
            return refuse(
                Code::GroupSize,
                "no transfers, or a ledger with caps, which are asked one by one",
            );
        }
        let first = self.accounts.mark(legs[0].from);
        let mut plain = if self.is_on_time(first, time) { first.plain() } else { Mark::NONE };
        let (start, mut one_book) = (first.book(), true);
        let mut at = self.accounts.post_plainly(legs, plain);
        while let Some(leg) = legs.get(at) {
            if let Err(mut refusal) = self.judge(leg, time) {
                for leg in legs[..at].iter().rev() {
                    self.accounts.unpost(leg.from, leg.to, leg.amount);
                }
                refusal.at = at as u64;
                return Err(refusal);
            }
            self.accounts.post(leg.from, leg.to, leg.amount);
            plain = self.accounts.mark(leg.from).plain();
            one_book &= plain.book() == start;
            at += 1;
            at += self.accounts.post_plainly(&legs[at..], plain);
        }
        assert_eq!(at, legs.len(), "each transfer was posted once");
        if one_book {
            self.tick(self.accounts.scope_of_book(start), time);
            return Ok(());
        }
        let books: BTreeSet<u32> = legs.iter().map(|leg| self.accounts.mark(leg.from).book()).collect();
        let scopes: BTreeSet<Did> = books.into_iter().map(|book| self.accounts.scope_of_book(book)).collect();
        scopes.into_iter().for_each(|scope| self.tick(scope, time));
        Ok(())
    }

    /// Whether neither the recorded time nor a due hold refuses a transfer in this account's scope.
    fn is_on_time(&self, mark: Mark, time: u64) -> bool {
        let scope = self.accounts.scope_of_book(mark.book());
        time >= self.clock(&scope).time && self.holds.due(&scope, time).next().is_none()
    }

    /// Everything that can refuse a transfer, in the order of the codes.
    fn judge(&self, leg: &Leg, time: u64) -> Result<(), LedgerRefusal> {
        let Leg { from, to, amount } = *leg;
        let (payer, payee) = (self.accounts.mark(from), self.accounts.mark(to));
        let name = |no: AccountNo| self.accounts.name(no);
        let account = name(from);
        let (scope, last) = (account.scope, self.clock(&account.scope).time);
        if time < last {
            return refuse(
                Code::TimeBackwards,
                format!("the time {time} where {last} was recorded for {scope}"),
            );
        }
        if amount == 0 || i64::try_from(amount).is_err() {
            return refuse(Code::Amount, format!("an amount of {amount} where 1 to 2^63 - 1 are allowed"));
        }
        if from == to {
            return refuse(Code::SameAccount, format!("{account} on both sides"));
        }
        movable(&account.owner).and_then(|()| movable(&name(to).owner))?;
        token(&account).and_then(|()| token(&name(to)))?;
        if payer.book() != payee.book() {
            return refuse(Code::Mismatch, format!("{account} and {} are of two scopes or units", name(to)));
        }
        if let Some(due) = self.holds.due(&scope, time).next() {
            return refuse(Code::ExpiryMissing, format!("the hold {due} is past its deadline"));
        }
        for (no, mark) in [(from, payer), (to, payee)] {
            if mark.flags() & PRESENT == 0 {
                return refuse(Code::UnknownAccount, format!("{} is not open", name(no)));
            }
        }
        for (flag, code) in [(CLOSED, Code::Closed), (FROZEN, Code::Frozen)] {
            for (no, mark) in [(from, payer), (to, payee)] {
                if mark.flags() & flag != 0 {
                    return refuse(code, format!("{} is {}", name(no), code.as_str()));
                }
            }
        }
        let wide = u128::from(amount);
        self.accounts.covers(from, wide).map_err(|code| self.short(code, from, amount))?;
        self.accounts.has_room(to, wide).map_err(|code| self.short(code, to, amount))?;
        self.accounts.counts(from, to, wide).map_err(|code| self.short(code, from, amount))
    }
}
