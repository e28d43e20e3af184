//! Moving units: within a scope, between two, and setting off what two scopes owe each other.

use super::account::AccountNo;
use super::code::{LedgerCode as Code, LedgerRefusal, Moved, Verdict, refuse};
use super::event::Event;
use super::group::Context;
use super::hold::Hold;
use super::machine::Ledger;
use super::table::{CLOSED, FROZEN};
use super::undo::Undo;
use crate::block::CapKey;
use crate::name::{AccountId, Did, Owner, Unit};

/// A transfer's one leg, or two when it is between scopes.
///
/// Format: docs/formats.md, "The ledger".
pub(super) type Legs = ([AccountNo; 2], Option<[AccountNo; 2]>);

pub(super) fn all(legs: &Legs) -> impl Iterator<Item = [AccountNo; 2]> {
    [Some(legs.0), legs.1].into_iter().flatten()
}

impl Ledger {
    /// The legs of a transfer. Between two scopes the payer's books owe the payee's scope, and the payee's books have
    /// that as a claim.
    pub(super) fn legs(
        &mut self,
        from: &AccountId,
        to: &AccountId,
        context: &Context,
    ) -> Result<Legs, LedgerRefusal> {
        let (a, b, unit) = (from.scope, to.scope, &from.unit);
        if let Some(part) = context.part_of(a, b) {
            let own = if part == a { from } else { to };
            self.known(own, context)?;
            let own = self.opened(own, context)?;
            let leg = if part == a {
                [own, self.own(a, Owner::Owed(b), unit)]
            } else {
                [self.own(b, Owner::Claim(a), unit), own]
            };
            return Ok((leg, None));
        }
        self.known(from, context)?;
        self.known(to, context)?;
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

    /// Moves what the actor spends: its caps are asked, and count it. Those of the payer's scope do; its part of a
    /// transfer is where they count.
    pub(super) fn spend(&mut self, from: &AccountId, legs: &Legs, amount: u64, context: &Context) -> Moved {
        if self.accounts.name(legs.0[0]).scope != from.scope {
            return self.transfer(legs, amount, Vec::new(), context.time);
        }
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
        if let Some(part) = context.part_of(a, b) {
            return self.net_part(part, if part == a { b } else { a }, unit, context);
        }
        for scope in [a, b] {
            let account = AccountId { scope, owner: Owner::Treasury, unit: unit.clone() };
            self.known(&account, context)?;
        }
        self.same_scale(a, b, unit)?;
        let sides = [(a, b), (b, a)].map(|(own, other)| self.owed_and_claim(own, other, unit));
        for flag in [CLOSED, FROZEN] {
            self.none_is(flag, sides.iter().flatten().copied().flatten())?;
        }
        let [[Some(owed_a), Some(claim_a)], [Some(owed_b), Some(claim_b)]] = sides else {
            return Err(nothing_to_net(a, b, unit));
        };
        let legs = ([owed_a, claim_a], Some([owed_b, claim_b]));
        let amount = self.nets(&legs).ok_or_else(|| nothing_to_net(a, b, unit))?;
        self.transfer(&legs, amount, Vec::new(), context.time)
    }

    /// One scope's part of it. What the other owes is also what this one has as a claim, so both parts set off as much.
    fn net_part(&mut self, own: Did, other: Did, unit: &Unit, context: &Context) -> Moved {
        let account = AccountId { scope: own, owner: Owner::Treasury, unit: unit.clone() };
        self.known(&account, context)?;
        let sides = self.owed_and_claim(own, other, unit);
        for flag in [CLOSED, FROZEN] {
            self.none_is(flag, sides.into_iter().flatten())?;
        }
        let [Some(owed), Some(claim)] = sides else { return Err(nothing_to_net(own, other, unit)) };
        let legs = ([owed, claim], None);
        let amount = self.nets(&legs).ok_or_else(|| nothing_to_net(own, other, unit))?;
        self.transfer(&legs, amount, Vec::new(), context.time)
    }

    /// What a scope owes another and what it claims of it, as far as those accounts are there.
    fn owed_and_claim(&self, own: Did, other: Did, unit: &Unit) -> [Option<AccountNo>; 2] {
        [Owner::Owed(other), Owner::Claim(other)]
            .map(|owner| self.accounts.find(&AccountId { scope: own, owner, unit: unit.clone() }))
    }

    /// The most that can be set off on every side; none when there is nothing.
    fn nets(&self, legs: &Legs) -> Option<u64> {
        let least = all(legs).flat_map(|[owed, claim]| {
            [self.accounts.get(owed).available(), self.accounts.get(claim).balance().saturating_neg()]
        });
        let least = least.min().unwrap_or(0).min(i128::from(i64::MAX));
        u64::try_from(least).ok().filter(|amount| *amount > 0)
    }
}

fn nothing_to_net(a: Did, b: Did, unit: &Unit) -> LedgerRefusal {
    LedgerRefusal::new(Code::NothingToNet, format!("{a} and {b} do not owe each other {unit}"))
}
