//! Moving units: within a scope, between two scopes, and setting off what two scopes owe each other.
//!
//! A movement has one leg within a scope and two legs between scopes, so each scope's books balance on their own.
//! Everything is checked before the first leg is posted: payers, payees, counters.

use super::account::AccountNo;
use super::code::LedgerCode as Code;
use super::event::Event;
use super::group::Context;
use super::hold::Hold;
use super::machine::Ledger;
use super::mark::{CLOSED, FROZEN};
use super::refusal::{LedgerRefusal, Moved, Verdict, refuse};
use super::undo::Undo;
use crate::block::CapKey;
use crate::name::{AccountId, Did, Owner, Unit};

/// The leg of a transfer, and the second leg of a transfer between scopes. A leg is the payer and the payee.
pub(super) type Legs = ([AccountNo; 2], Option<[AccountNo; 2]>);

/// Each leg.
pub(super) fn each(legs: &Legs) -> impl Iterator<Item = [AccountNo; 2]> {
    [Some(legs.0), legs.1].into_iter().flatten()
}

impl Ledger {
    /// The legs of a transfer. Between two scopes, the payer's books owe the amount to the payee's scope, and
    /// the payee's books have it as a claim.
    pub(super) fn legs(
        &mut self,
        from: &AccountId,
        to: &AccountId,
        context: &Context,
    ) -> Result<Legs, LedgerRefusal> {
        let (a, b, unit) = (from.scope, to.scope, &from.unit);
        if let Some(part) = context.part_of(a, b) {
            let own = if part == a { from } else { to };
            self.need_unit(own, context)?;
            let own = self.need_account(own, context)?;
            let leg = if part == a {
                [own, self.open_if_absent(a, Owner::Owed(b), unit)]
            } else {
                [self.open_if_absent(b, Owner::Claim(a), unit), own]
            };
            debug_assert!(self.accounts.are_sides(leg[0], leg[1]), "a leg is within one book");
            return Ok((leg, None));
        }
        self.need_unit(from, context)?;
        self.need_unit(to, context)?;
        self.same_scale(a, b, unit)?;
        let legs = [self.need_account(from, context)?, self.need_account(to, context)?];
        if a == b {
            return Ok((legs, None));
        }
        let (owed, claim) =
            (self.open_if_absent(a, Owner::Owed(b), unit), self.open_if_absent(b, Owner::Claim(a), unit));
        let legs = ([legs[0], owed], Some([claim, legs[1]]));
        debug_assert!(
            each(&legs).all(|[from, to]| self.accounts.are_sides(from, to)),
            "a leg is within one book"
        );
        Ok(legs)
    }

    /// Checks that a unit has the same decimal places in two scopes.
    pub(super) fn same_scale(&self, a: Did, b: Did, unit: &Unit) -> Verdict {
        if self.scale(a, unit) == self.scale(b, unit) {
            return Ok(());
        }
        refuse(Code::ScaleDiffers, format!("{unit} has other decimal places in {a} than in {b}"))
    }

    /// Moves what the actor spends, if its caps allow it, and counts it. The caps of the payer's scope count,
    /// so the payee's part of a transfer between scopes asks none.
    pub(super) fn spend(&mut self, from: &AccountId, legs: &Legs, amount: u64, context: &Context) -> Moved {
        if self.accounts.name(legs.0[0]).scope != from.scope {
            return self.transfer(legs, amount, Vec::new(), context.time);
        }
        self.move_freely(legs)?;
        let Context { actor, time, .. } = context;
        let caps = self.caps.allow(from.scope, &from.unit, actor, amount, *time)?;
        self.transfer(legs, amount, caps, *time)
    }

    /// Checks that no account of the legs is closed or frozen.
    pub(super) fn move_freely(&self, legs: &Legs) -> Verdict {
        self.none_is(CLOSED, each(legs).flatten())?;
        self.none_is(FROZEN, each(legs).flatten())
    }

    /// Moves an amount, and counts it against these caps.
    pub(super) fn transfer(&mut self, legs: &Legs, amount: u64, caps: Vec<CapKey>, time: u64) -> Moved {
        self.move_freely(legs)?;
        self.fits(legs, amount)?;
        for [from, to] in each(legs) {
            self.move_units(from, to, amount);
        }
        debug_assert!(
            each(legs).all(|[from, _]| self.accounts.covers(from, 0).is_ok()),
            "a payer is within its limits after it paid"
        );
        debug_assert!(
            each(legs).all(|[_, to]| self.accounts.has_room(to, 0).is_ok()),
            "a payee is within its limits after it was paid"
        );
        self.count(&caps, amount, time);
        Ok(amount)
    }

    /// Checks that the payers cover the amount, the payees have room for it, and the counters can count it.
    pub(super) fn fits(&self, legs: &Legs, amount: u64) -> Verdict {
        let wide = u128::from(amount);
        for [from, _] in each(legs) {
            self.accounts.covers(from, wide).map_err(|code| self.short(code, from, amount))?;
        }
        for [_, to] in each(legs) {
            self.accounts.has_room(to, wide).map_err(|code| self.short(code, to, amount))?;
        }
        for [from, to] in each(legs) {
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

    /// Posts an amount, and notes it.
    pub(super) fn move_units(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        assert!(from != to, "every posting has two accounts");
        self.accounts.post(from, to, amount);
        self.undo.push(Undo::Posted(from, to, amount));
        self.events.push(Event::Posted(from, to, amount));
    }

    /// Sets a hold's amount aside no longer, and notes it.
    pub(super) fn release(&mut self, hold: &Hold) {
        self.accounts.release(hold.from, hold.to, hold.amount);
        self.undo.push(Undo::Released(hold.from, hold.to, hold.amount));
    }

    /// Sets off what two scopes owe each other, in the books of both: the smaller of the two amounts.
    pub(super) fn net(&mut self, a: Did, b: Did, unit: &Unit, context: &Context) -> Moved {
        if let Some(part) = context.part_of(a, b) {
            return self.net_part(part, if part == a { b } else { a }, unit, context);
        }
        for scope in [a, b] {
            let account = AccountId { scope, owner: Owner::Treasury, unit: unit.clone() };
            self.need_unit(&account, context)?;
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
        let amount = self.amount_to_net(&legs).ok_or_else(|| nothing_to_net(a, b, unit))?;
        self.transfer(&legs, amount, Vec::new(), context.time)
    }

    /// The part of one scope. The other scope owes what this one has as a claim, so both parts set off the
    /// same amount.
    fn net_part(&mut self, own: Did, other: Did, unit: &Unit, context: &Context) -> Moved {
        let account = AccountId { scope: own, owner: Owner::Treasury, unit: unit.clone() };
        self.need_unit(&account, context)?;
        let sides = self.owed_and_claim(own, other, unit);
        for flag in [CLOSED, FROZEN] {
            self.none_is(flag, sides.into_iter().flatten())?;
        }
        let [Some(owed), Some(claim)] = sides else { return Err(nothing_to_net(own, other, unit)) };
        let legs = ([owed, claim], None);
        let amount = self.amount_to_net(&legs).ok_or_else(|| nothing_to_net(own, other, unit))?;
        self.transfer(&legs, amount, Vec::new(), context.time)
    }

    /// The accounts of what a scope owes another one and of what it claims from it, if they are open.
    fn owed_and_claim(&self, own: Did, other: Did, unit: &Unit) -> [Option<AccountNo>; 2] {
        [Owner::Owed(other), Owner::Claim(other)]
            .map(|owner| self.accounts.find(&AccountId { scope: own, owner, unit: unit.clone() }))
    }

    /// The largest amount that can be set off on every side, or `None` if there is none.
    fn amount_to_net(&self, legs: &Legs) -> Option<u64> {
        let least = each(legs).flat_map(|[owed, claim]| {
            [self.accounts.get(owed).available(), self.accounts.get(claim).balance().saturating_neg()]
        });
        let least = least.min().unwrap_or(0).min(i128::from(i64::MAX));
        let amount = u64::try_from(least).ok().filter(|amount| *amount > 0);
        debug_assert!(
            amount.is_none_or(|amount| {
                each(legs).all(|[owed, _]| self.accounts.covers(owed, u128::from(amount)).is_ok())
            }),
            "what is set off was owed"
        );
        amount
    }
}

fn nothing_to_net(a: Did, b: Did, unit: &Unit) -> LedgerRefusal {
    LedgerRefusal::new(Code::NothingToNet, format!("{a} and {b} do not owe each other {unit}"))
}
