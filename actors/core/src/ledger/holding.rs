//! Placing holds and ending them.
//!
//! A hold sets an amount aside on both accounts until it is settled, voided or expired; then nothing of it
//! remains. A held amount counts as spent (`spending.rs`) until it returns. Everything is checked before
//! anything is written.

use super::code::LedgerCode as Code;
use super::event::Event;
use super::group::Context;
use super::hold::Hold;
use super::machine::Ledger;
use super::mark::FROZEN;
use super::refusal::{LedgerRefusal, Moved, refuse};
use super::undo::Undo;
use crate::limits;
use crate::name::{AccountId, Did, HoldId, Owner};

impl Ledger {
    /// Places a hold.
    pub(super) fn hold_units(
        &mut self,
        id: HoldId,
        [from, to]: [&AccountId; 2],
        amount: u64,
        (deadline, by): (u64, &Owner),
        context: &Context,
    ) -> Moved {
        let legs = self.legs(from, to, context)?;
        let scope = from.scope;
        if self.holds.get(&scope, &id).is_some() {
            return refuse(Code::HoldExists, format!("a hold {id} is open in {scope}"));
        }
        self.move_freely(&legs)?;
        if self.holds.count(&scope) >= limits::HOLDS_OPEN_MAX {
            let what = format!("{} holds are open, as many as a scope may have", limits::HOLDS_OPEN_MAX);
            return refuse(Code::TooManyHolds, what);
        }
        assert!(amount > 0, "an open hold has an amount");
        let caps = self.caps.allow(scope, &from.unit, &context.actor, amount, context.time)?;
        self.fits(&legs, amount)?;
        let [from, to] = legs.0;
        self.accounts.hold(from, to, amount);
        self.undo.push(Undo::Held(from, to, amount));
        self.events.push(Event::Held(from, to, amount));
        self.count(&caps, amount, context.time);
        let hold = Hold { from, to, amount, deadline, by: by.clone(), placed: context.time, caps };
        self.put_hold(scope, id, Some(hold));
        assert!(
            self.holds.count(&scope) <= limits::HOLDS_OPEN_MAX,
            "no more holds are open than a scope may have"
        );
        debug_assert!(self.accounts.covers(from, 0).is_ok(), "the payer still covers what is held");
        debug_assert!(self.accounts.has_room(to, 0).is_ok(), "the payee has room for what is held");
        Ok(amount)
    }

    /// Puts a hold in its place, or removes it, and notes what was there.
    pub(super) fn put_hold(&mut self, scope: Did, id: HoldId, hold: Option<Hold>) {
        let before = self.holds.put(scope, id, hold);
        self.undo.push(Undo::Hold(scope, id, before));
    }

    /// An open hold.
    pub(super) fn find_hold(&self, scope: &Did, id: &HoldId) -> Result<Hold, LedgerRefusal> {
        let unknown = || LedgerRefusal::new(Code::UnknownHold, format!("no hold {id} is open in {scope}"));
        self.holds.get(scope, id).cloned().ok_or_else(unknown)
    }

    /// An open hold that its placer `by` may end.
    pub(super) fn open_hold_of(&self, scope: &Did, id: &HoldId, by: &Owner) -> Result<Hold, LedgerRefusal> {
        let hold = self.find_hold(scope, id)?;
        if hold.by != *by {
            return refuse(
                Code::NotPlacer,
                format!("the hold {id} is for `{}` to end, and not for `{by}`", hold.by),
            );
        }
        Ok(hold)
    }

    /// Moves all or a part of a hold. The rest returns.
    pub(super) fn settle(&mut self, scope: Did, id: HoldId, amount: Option<u64>, by: &Owner) -> Moved {
        let hold = self.open_hold_of(&scope, &id, by)?;
        let amount = amount.unwrap_or(hold.amount);
        let Some(rest) = hold.amount.checked_sub(amount) else {
            return refuse(
                Code::OverSettled,
                format!("{amount} of the {} that the hold {id} has", hold.amount),
            );
        };
        self.none_is(FROZEN, [hold.from, hold.to])?;
        self.end(scope, id, &hold);
        self.move_units(hold.from, hold.to, amount);
        if rest > 0 {
            self.returned(&hold, rest, Event::Returned);
        }
        Ok(amount)
    }

    /// Ends a hold: its amount is no longer set aside.
    pub(super) fn end(&mut self, scope: Did, id: HoldId, hold: &Hold) {
        self.release(hold);
        self.put_hold(scope, id, None);
        assert!(self.holds.get(&scope, &id).is_none(), "a hold that ended is not open");
    }
}
