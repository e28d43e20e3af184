//! Holds from placing to ending, and what caps count: what is held is spent until it returns.

use super::account::AccountNo;
use super::actor::Actor;
use super::cap::{Cap, Caps, Warning};
use super::code::{LedgerCode as Code, LedgerRefusal, Moved, Verdict, refuse};
use super::event::Event;
use super::group::Context;
use super::hold::Hold;
use super::machine::Ledger;
use super::table::{CLOSED, FROZEN};
use super::undo::Undo;
use crate::block::CapKey;
use crate::limits::{self};
use crate::name::{AccountId, Did, HoldId, Owner};

impl Ledger {
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
        let caps = self.caps.allow(scope, &from.unit, &context.actor, amount, context.time)?;
        self.fits(&legs, amount)?;
        let [from, to] = legs.0;
        self.accounts.hold(from, to, amount);
        self.undo.push(Undo::Held(from, to, amount));
        self.events.push(Event::Held(from, to, amount));
        self.count(&caps, amount, context.time);
        let hold = Hold { from, to, amount, deadline, by: by.clone(), placed: context.time, caps };
        self.put_hold(scope, id, Some(hold));
        Ok(amount)
    }

    pub(super) fn put_hold(&mut self, scope: Did, id: HoldId, hold: Option<Hold>) {
        let before = self.holds.put(scope, id, hold);
        self.undo.push(Undo::Hold(scope, id, before));
    }

    pub(super) fn find_hold(&self, scope: &Did, id: &HoldId) -> Result<Hold, LedgerRefusal> {
        let unknown = || LedgerRefusal::new(Code::UnknownHold, format!("no hold {id} is open in {scope}"));
        self.holds.get(scope, id).cloned().ok_or_else(unknown)
    }

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

    /// Ends a hold: nothing is set aside for it any more.
    pub(super) fn end(&mut self, scope: Did, id: HoldId, hold: &Hold) {
        self.release(hold);
        self.put_hold(scope, id, None);
    }

    /// What returns is taken off the caps, as far as the window in which it counted is still theirs.
    pub(super) fn returned(
        &mut self,
        hold: &Hold,
        amount: u64,
        event: fn(AccountNo, AccountNo, u64) -> Event,
    ) {
        self.events.push(event(hold.from, hold.to, amount));
        for key in &hold.caps {
            let Some(cap) = self.caps.0.get_mut(key) else { continue };
            if cap.window == key.window(hold.placed) {
                self.undo.push(Undo::Cap(key.clone(), Some(cap.clone())));
                cap.used = cap.used.saturating_sub(amount);
            }
        }
    }

    /// Counts what is spent.
    pub(super) fn count(&mut self, caps: &[CapKey], amount: u64, time: u64) {
        for key in caps {
            let Some(cap) = self.caps.0.get_mut(key) else { continue };
            self.undo.push(Undo::Cap(key.clone(), Some(cap.clone())));
            let before = Caps::used_at(key, cap, time);
            cap.window = key.window(time);
            cap.used = before + amount;
            if let Some(soft) = cap.soft.filter(|soft| before <= *soft && cap.used > *soft) {
                self.events.push(Event::Warned(Warning { cap: key.clone(), used: cap.used, soft }));
            }
        }
    }

    pub(super) fn set_cap(
        &mut self,
        key: &CapKey,
        max: Option<u64>,
        soft: Option<u64>,
        context: &Context,
    ) -> Moved {
        if self.scale(key.scope, &key.unit).is_none() {
            return refuse(Code::UnknownUnit, format!("the unit {} is not open in {}", key.unit, key.scope));
        }
        let before = self.caps.0.get(key).cloned();
        if max.is_some() && before.is_none() && self.caps.count(&key.scope) >= limits::CAPS_MAX {
            return refuse(
                Code::TooManyCaps,
                format!("{} caps, as many as a scope may have", limits::CAPS_MAX),
            );
        }
        match max {
            Some(max) => {
                let (window, used) =
                    before.as_ref().map_or((key.window(context.time), 0), |cap| (cap.window, cap.used));
                self.caps.0.insert(key.clone(), Cap { max, soft, window, used });
            }
            None => {
                self.caps.0.remove(key);
                for id in self.holds.counting(key) {
                    let mut hold = self.find_hold(&key.scope, &id)?;
                    hold.caps.retain(|cap| cap != key);
                    self.put_hold(key.scope, id, Some(hold));
                }
            }
        }
        self.undo.push(Undo::Cap(key.clone(), before));
        self.events.push(Event::CapSet(key.clone(), max));
        Ok(0)
    }

    /// The one decision on what an actor may spend: the account's limit, what was consumed and is held, and every cap
    /// that binds the actor. Commands and questions ask it alike; it changes nothing.
    ///
    /// Format: docs/formats.md, "The ledger".
    ///
    /// # Errors
    /// Why it may not; for a cap, with its level.
    pub fn authorize(&self, from: &AccountId, amount: u64, actor: &Actor, time: u64) -> Verdict {
        let Some(no) = self.accounts.find(from) else {
            return refuse(Code::UnknownAccount, format!("{from} is not open"));
        };
        self.none_is(CLOSED, [no])?;
        self.none_is(FROZEN, [no])?;
        self.caps.allow(from.scope, &from.unit, actor, amount, time)?;
        self.accounts.covers(no, u128::from(amount)).map_err(|code| self.short(code, no, amount))
    }

    /// Whether an account may be credited with so much. One that is not open will be opened.
    pub(super) fn may_take(&self, to: &AccountId, amount: u64) -> Verdict {
        let Some(no) = self.accounts.find(to) else { return Ok(()) };
        self.none_is(CLOSED, [no])?;
        self.none_is(FROZEN, [no])?;
        self.accounts.has_room(no, u128::from(amount)).map_err(|code| self.short(code, no, amount))
    }
}
