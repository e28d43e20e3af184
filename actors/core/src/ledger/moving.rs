//! Moving units: within a scope, between two, and setting off what two scopes owe each other.

use super::Ledger;
use super::account::{AccountId, AccountNo, CLOSED, FROZEN};
use super::cap::CapKey;
use super::code::{LedgerCode as Code, LedgerRefusal, refuse};
use super::command::{Context, Event};
use super::hold::Hold;
use super::step::{Legs, Moved, Undo, Verdict, all};
use crate::id::{Did, Owner, Unit};

impl Ledger {
    /// The legs of a transfer. Between two scopes the payer's books owe the payee's scope, and the payee's books have
    /// that as a claim.
    pub(super) fn legs(
        &mut self,
        from: &AccountId,
        to: &AccountId,
        context: &Context,
    ) -> Result<Legs, LedgerRefusal> {
        self.known(from, context)?;
        self.known(to, context)?;
        let (a, b, unit) = (from.scope, to.scope, &from.unit);
        self.same_scale(a, b, unit)?;
        let legs = [self.opened(from, context)?, self.opened(to, context)?];
        if a == b {
            return Ok((legs, None));
        }
        let (owed, claim) = (self.own(a, Owner::Owed(b), unit), self.own(b, Owner::Claim(a), unit));
        Ok(([legs[0], owed], Some([claim, legs[1]])))
    }

    pub(super) fn same_scale(&self, a: Did, b: Did, unit: &Unit) -> Verdict {
        if self.scale(a, unit) == self.scale(b, unit) {
            return Ok(());
        }
        refuse(Code::ScaleDiffers, format!("{unit} has other decimal places in {a} than in {b}"))
    }

    /// Moves what the actor spends: its caps are asked, and count it.
    pub(super) fn spend(&mut self, from: &AccountId, legs: &Legs, amount: u64, context: &Context) -> Moved {
        self.move_freely(legs)?;
        let Context { actor, time, .. } = context;
        let caps = self.caps.allow(from.scope, &from.unit, actor, amount, *time)?;
        self.transfer(legs, amount, caps, *time)
    }

    pub(super) fn move_freely(&self, legs: &Legs) -> Verdict {
        self.none_is(CLOSED, all(legs).flatten())?;
        self.none_is(FROZEN, all(legs).flatten())
    }

    pub(super) fn transfer(&mut self, legs: &Legs, amount: u64, caps: Vec<CapKey>, time: u64) -> Moved {
        self.move_freely(legs)?;
        self.fits(legs, amount)?;
        for [from, to] in all(legs) {
            self.move_units(from, to, amount);
        }
        self.count(&caps, amount, time);
        Ok(amount)
    }

    /// That the payers cover it, the payees have room for it, and the counters too.
    pub(super) fn fits(&self, legs: &Legs, amount: u64) -> Verdict {
        let wide = u128::from(amount);
        for [from, _] in all(legs) {
            self.accounts.covers(from, wide).map_err(|code| self.short(code, from, amount))?;
        }
        for [_, to] in all(legs) {
            self.accounts.has_room(to, wide).map_err(|code| self.short(code, to, amount))?;
        }
        for [from, to] in all(legs) {
            self.accounts.counts(from, to, wide).map_err(|code| self.short(code, from, amount))?;
        }
        Ok(())
    }

    /// A refusal that says what an account has.
    pub(super) fn short(&self, code: Code, no: AccountNo, amount: u64) -> LedgerRefusal {
        let (name, account, limits) =
            (self.accounts.name(no), self.accounts.get(no), self.accounts.limits(no));
        let what = match code {
            Code::BalanceMax => format!(
                "{name} has {} and {} held for it, may have {}, and {amount} come",
                account.balance(),
                account.credits_held,
                limits.balance_max.unwrap_or_default(),
            ),
            Code::Overflow => format!("the counters of {name} would overflow"),
            _ => format!(
                "{name} has {} available and a credit of {}, {amount} are needed",
                account.available(),
                limits.credit,
            ),
        };
        LedgerRefusal::new(code, what)
    }

    pub(super) fn move_units(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        assert!(from != to, "every posting has two accounts");
        self.accounts.post(from, to, amount);
        self.undo.push(Undo::Posted(from, to, amount));
        self.events.push(Event::Posted(from, to, amount));
    }

    pub(super) fn release(&mut self, hold: &Hold) {
        self.accounts.release(hold.from, hold.to, hold.amount);
        self.undo.push(Undo::Released(hold.from, hold.to, hold.amount));
    }

    /// Sets off the smaller of what each of two scopes owes the other, in both scopes' books.
    pub(super) fn net(&mut self, a: Did, b: Did, unit: &Unit, context: &Context) -> Moved {
        for scope in [a, b] {
            let account = AccountId { scope, owner: Owner::Treasury, unit: unit.clone() };
            self.known(&account, context)?;
        }
        self.same_scale(a, b, unit)?;
        let find = |scope, owner| self.accounts.find(&AccountId { scope, owner, unit: unit.clone() });
        let sides = [
            find(a, Owner::Owed(b)),
            find(a, Owner::Claim(b)),
            find(b, Owner::Owed(a)),
            find(b, Owner::Claim(a)),
        ];
        for flag in [CLOSED, FROZEN] {
            self.none_is(flag, sides.into_iter().flatten())?;
        }
        let nothing =
            || LedgerRefusal::new(Code::NothingToNet, format!("{a} and {b} do not owe each other {unit}"));
        let [Some(owed_a), Some(claim_a), Some(owed_b), Some(claim_b)] = sides else { return Err(nothing()) };
        let legs = ([owed_a, claim_a], Some([owed_b, claim_b]));
        let least = all(&legs).flat_map(|[owed, claim]| {
            [self.accounts.get(owed).available(), self.accounts.get(claim).balance().saturating_neg()]
        });
        let least = least.min().unwrap_or(0).min(i128::from(i64::MAX));
        let amount = u64::try_from(least).ok().filter(|amount| *amount > 0).ok_or_else(nothing)?;
        self.transfer(&legs, amount, Vec::new(), context.time)
    }
}
