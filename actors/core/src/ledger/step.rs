//! One command against the books: the codes that depend on units, accounts and holds, in their order, and then what
//! is written (`opening.rs`, `moving.rs`, `holding.rs`). Nothing is written before a command's last check, but for
//! accounts and units that come into being as they are named; all of it is noted, so that a group can be taken back.

use super::code::{LedgerCode as Code, Moved, refuse};
use super::event::Event;
use super::group::Context;
use super::machine::Ledger;
use super::table::{CLOSED, FROZEN};
use super::undo::Undo;
use crate::block::Command;
use crate::name::Owner;

impl Ledger {
    /// Takes one thing back.
    pub(super) fn revert(&mut self, undo: Undo) {
        match undo {
            Undo::Posted(from, to, amount) => self.accounts.unpost(from, to, amount),
            Undo::Held(from, to, amount) => self.accounts.release(from, to, amount),
            Undo::Released(from, to, amount) => self.accounts.hold(from, to, amount),
            Undo::Hold(scope, id, hold) => drop(self.holds.put(scope, id, hold)),
            Undo::Flags(no, flags) => self.accounts.set_flags(no, flags),
            Undo::Limits(no, limits) => self.accounts.set_limits(no, limits),
            Undo::Unit(scope, unit) => drop(self.units.remove(&(scope, unit))),
            Undo::Cap(key, Some(cap)) => drop(self.caps.0.insert(key, cap)),
            Undo::Cap(key, None) => drop(self.caps.0.remove(&key)),
        }
    }

    /// Applies one command: how much it moved.
    pub(super) fn step(&mut self, command: &Command, context: &Context) -> Moved {
        self.check(command, context)?;
        match command {
            Command::OpenUnit { scope, unit, scale } => self.open_unit(*scope, unit, *scale),
            Command::Open { account } => self.open(account, context),
            Command::Close { account } => self.flag(account, context, CLOSED, true, Event::Closed),
            Command::Freeze { account } => self.flag(account, context, FROZEN, true, Event::Frozen),
            Command::Unfreeze { account } => self.flag(account, context, FROZEN, false, Event::Unfrozen),
            Command::SetLimits { account, limits } => self.set_limits(account, *limits, context),
            Command::Issue { to, amount } | Command::Mint { to, amount } => {
                self.known(to, context)?;
                let to_no = self.opened(to, context)?;
                let from = self.own(to.scope, Owner::Issuance, &to.unit);
                self.transfer(&([from, to_no], None), *amount, Vec::new(), context.time)
            }
            Command::Burn { from, amount } => {
                self.known(from, context)?;
                let from_no = self.opened(from, context)?;
                let to = self.own(from.scope, Owner::Issuance, &from.unit);
                self.spend(from, &([from_no, to], None), *amount, context)
            }
            Command::Transfer { from, to, amount } => {
                let legs = self.legs(from, to, context)?;
                self.spend(from, &legs, *amount, context)
            }
            Command::Charge { scope, unit, amount, refund } => {
                let treasury = self.own(*scope, Owner::Treasury, unit);
                let consumed = self.own(*scope, Owner::Consumed, unit);
                if *refund {
                    return self.transfer(&([consumed, treasury], None), *amount, Vec::new(), context.time);
                }
                if context.actor.rules() {
                    // Or nobody could ever rule over a cap that is used up.
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
