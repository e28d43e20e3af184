//! One command against the books: the codes that depend on units, accounts and holds, in their order, and
//! then the writing (`opening.rs`, `moving.rs`, `holding.rs`, `spending.rs`).
//!
//! Nothing is written before a command's last check, except accounts and units that come into being as they
//! are named. Everything that is written is noted, so that a group can be taken back.

use super::code::LedgerCode as Code;
use super::event::Event;
use super::group::Context;
use super::machine::Ledger;
use super::mark::{CLOSED, FROZEN};
use super::refusal::{Moved, refuse};
use super::undo::Undo;
use crate::block::Command;
use crate::name::Owner;

impl Ledger {
    /// Takes back one thing that was written.
    pub(super) fn revert(&mut self, undo: Undo) {
        if let Undo::Held(from, to, amount) = &undo {
            let (payer, payee) = (self.accounts.get(*from), self.accounts.get(*to));
            assert!(payer.debits_held >= u128::from(*amount), "what is taken back was held");
            assert!(payee.credits_held >= u128::from(*amount), "what is taken back was held for the payee");
        }
        match undo {
            Undo::Posted(from, to, amount) => self.accounts.unpost(from, to, amount),
            Undo::Held(from, to, amount) => self.accounts.release(from, to, amount),
            Undo::Released(from, to, amount) => self.accounts.hold(from, to, amount),
            Undo::Hold(scope, id, hold) => drop(self.holds.put(scope, id, hold)),
            Undo::Flags(no, flags) => self.accounts.set_flags(no, flags),
            Undo::Limits(no, limits) => self.accounts.set_limits(no, limits),
            Undo::Unit(scope, unit) => {
                let before = self.units.remove(&(scope, unit));
                assert!(before.is_some(), "a unit that is taken back was opened");
            }
            Undo::Cap(key, Some(cap)) => drop(self.caps.0.insert(key, cap)),
            Undo::Cap(key, None) => drop(self.caps.0.remove(&key)),
        }
    }

    /// Applies one command. Gives the amount that it moved.
    pub(super) fn step(&mut self, command: &Command, context: &Context) -> Moved {
        self.check(command, context)?;
        match command {
            Command::OpenUnit { scope, unit, scale } => self.open_unit(*scope, unit, *scale),
            Command::Open { account } => self.open(account, context),
            Command::Close { account } => self.change_flag(account, context, CLOSED, true, Event::Closed),
            Command::Freeze { account } => self.change_flag(account, context, FROZEN, true, Event::Frozen),
            Command::Unfreeze { account } => {
                self.change_flag(account, context, FROZEN, false, Event::Unfrozen)
            }
            Command::SetLimits { account, limits } => self.set_limits(account, *limits, context),
            Command::Issue { to, amount } | Command::Mint { to, amount } => {
                self.need_unit(to, context)?;
                let to_no = self.need_account(to, context)?;
                let from = self.open_if_absent(to.scope, Owner::Issuance, &to.unit);
                self.transfer(&([from, to_no], None), *amount, Vec::new(), context.time)
            }
            Command::Burn { from, amount } => {
                self.need_unit(from, context)?;
                let from_no = self.need_account(from, context)?;
                let to = self.open_if_absent(from.scope, Owner::Issuance, &from.unit);
                self.spend(from, &([from_no, to], None), *amount, context)
            }
            Command::Transfer { from, to, amount } => {
                let legs = self.legs(from, to, context)?;
                self.spend(from, &legs, *amount, context)
            }
            Command::Charge { scope, unit, amount, refund } => {
                let treasury = self.open_if_absent(*scope, Owner::Treasury, unit);
                let consumed = self.open_if_absent(*scope, Owner::Consumed, unit);
                if *refund {
                    return self.transfer(&([consumed, treasury], None), *amount, Vec::new(), context.time);
                }
                if context.actor.rules() {
                    // A ruling counts against no cap, or nobody could ever rule over a cap that is used up.
                    return self.transfer(&([treasury, consumed], None), *amount, Vec::new(), context.time);
                }
                let from = self.accounts.name(treasury);
                self.spend(&from, &([treasury, consumed], None), *amount, context)
            }
            Command::Hold { id, from, to, amount, deadline, by } => {
                self.hold_units(*id, [from, to], *amount, (*deadline, by), context)
            }
            Command::Settle { scope, id, amount, by } => self.settle(*scope, *id, *amount, by),
            Command::Void { scope, id, by } => {
                let hold = self.open_hold_of(scope, id, by)?;
                self.end(*scope, *id, &hold);
                self.returned(&hold, hold.amount, Event::Returned);
                Ok(hold.amount)
            }
            Command::Expire { scope, id } => {
                let hold = self.find_hold(scope, id)?;
                if hold.deadline > context.time {
                    return refuse(
                        Code::NotDue,
                        format!("the hold {id} ends at {}, it is {}", hold.deadline, context.time),
                    );
                }
                self.end(*scope, *id, &hold);
                self.returned(&hold, hold.amount, Event::Expired);
                Ok(hold.amount)
            }
            Command::SetCap { cap, max, soft } => self.set_cap(cap, *max, *soft, context),
            Command::Net { a, b, unit } => self.net(*a, *b, unit, context),
        }
    }
}
