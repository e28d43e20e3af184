//! What an actor may spend, and what its caps count.
//!
//! The decision is [`Ledger::authorize`]: is the account open, do the caps allow the amount, does the balance
//! cover it. It changes nothing. An amount that is spent or held is counted after it was allowed; an amount
//! that returns is taken off again.

use super::account::AccountNo;
use super::actor::Actor;
use super::cap::{Cap, Caps, Warning};
use super::code::LedgerCode as Code;
use super::event::Event;
use super::group::Context;
use super::hold::Hold;
use super::machine::Ledger;
use super::mark::{CLOSED, FROZEN};
use super::refusal::{LedgerRefusal, Moved, Verdict, refuse};
use super::undo::Undo;
use crate::block::CapKey;
use crate::limits;
use crate::name::{AccountId, Did, Unit};

impl Ledger {
    /// The one decision whether an actor may spend an amount: the account's limit, what was consumed and what
    /// is held, and every cap that binds the actor. It changes nothing.
    ///
    /// # Errors
    /// The reason why it may not; if a cap is the reason, with the cap.
    pub fn authorize(&self, from: &AccountId, amount: u64, actor: &Actor, time: u64) -> Verdict {
        let Some(no) = self.accounts.find(from) else {
            return refuse(Code::UnknownAccount, format!("{from} is not open"));
        };
        self.none_is(CLOSED, [no])?;
        self.none_is(FROZEN, [no])?;
        self.caps.allow(from.scope, &from.unit, actor, amount, time)?;
        self.accounts.covers(no, u128::from(amount)).map_err(|code| self.short(code, no, amount))
    }

    /// Whether an account may be credited with this amount. An account that is not open will be opened.
    pub(super) fn may_take(&self, to: &AccountId, amount: u64) -> Verdict {
        let Some(no) = self.accounts.find(to) else { return Ok(()) };
        self.none_is(CLOSED, [no])?;
        self.none_is(FROZEN, [no])?;
        self.accounts.has_room(no, u128::from(amount)).map_err(|code| self.short(code, no, amount))
    }

    /// How much of a unit the caps leave an actor to spend at a time. `None` if no cap binds the actor.
    #[must_use]
    pub fn cap_left(&self, scope: Did, unit: &Unit, actor: &Actor, time: u64) -> Option<u64> {
        self.caps.left(scope, unit, actor, time)
    }

    /// Whether the caps allow an actor's run these amounts of resources. A host asks before the run, with its
    /// limits.
    ///
    /// # Errors
    /// [`Code::CapPassed`], with the cap.
    pub fn caps_allow(
        &self,
        scope: Did,
        actor: &Actor,
        time: u64,
        needs: &[(Unit, u64)],
    ) -> Result<(), LedgerRefusal> {
        needs
            .iter()
            .try_for_each(|(unit, amount)| self.caps.allow(scope, unit, actor, *amount, time).map(|_| ()))
    }

    /// The caps of a scope on resources.
    pub fn resource_caps(&self, scope: &Did) -> impl Iterator<Item = CapKey> {
        let theirs = self.caps.0.keys().filter(move |key| key.scope == *scope && key.unit.is_resource());
        theirs.cloned()
    }

    /// Counts an amount against caps that allowed it at this time.
    pub(super) fn count(&mut self, caps: &[CapKey], amount: u64, time: u64) {
        for key in caps {
            let Some(cap) = self.caps.0.get_mut(key) else { continue };
            self.undo.push(Undo::Cap(key.clone(), Some(cap.clone())));
            let before = Caps::used_at(key, cap, time);
            cap.window = key.window(time);
            cap.used = before + amount;
            assert!(cap.used <= cap.max, "what a cap allowed does not pass it");
            if let Some(soft) = cap.soft.filter(|soft| before <= *soft && cap.used > *soft) {
                self.events.push(Event::Warned(Warning { cap: key.clone(), used: cap.used, soft }));
            }
        }
    }

    /// Takes an amount that returns off the hold's caps, if a cap still counts the window in which it was placed.
    pub(super) fn returned(
        &mut self,
        hold: &Hold,
        amount: u64,
        event: fn(AccountNo, AccountNo, u64) -> Event,
    ) {
        assert!(amount <= hold.amount, "no more returns than was held");
        self.events.push(event(hold.from, hold.to, amount));
        for key in &hold.caps {
            let Some(cap) = self.caps.0.get_mut(key) else { continue };
            if cap.window == key.window(hold.placed) {
                self.undo.push(Undo::Cap(key.clone(), Some(cap.clone())));
                cap.used = cap.used.saturating_sub(amount);
            }
        }
    }

    /// Sets a cap, or removes it. Its count so far stays.
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
        assert_eq!(
            self.caps.0.contains_key(key),
            max.is_some(),
            "a cap is there exactly if it has a maximum"
        );
        debug_assert!(
            max.is_some() || self.holds.counting(key).is_empty(),
            "no hold counts against a removed cap"
        );
        self.undo.push(Undo::Cap(key.clone(), before));
        self.events.push(Event::CapSet(key.clone(), max));
        Ok(0)
    }
}
