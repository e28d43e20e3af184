//! One command against the books: the codes that depend on units, accounts and holds, in their order, and then what
//! is written (`opening.rs`, `moving.rs`, `holding.rs`). Nothing is written before a command's last check, but for
//! accounts and units that come into being as they are named; all of it is noted, so that a group can be taken back.

use super::code::Moved;
use super::event::Event;
use super::group::Context;
use super::machine::Ledger;
use super::mark::{CLOSED, FROZEN};
use super::undo::Undo;
use crate::block::Command;

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
            Command::Issue { to, amount } | Command::Mint { to, amount } => self.mint(to, *amount, context),
            Command::Burn { from, amount } => self.burn(from, *amount, context),
            Command::Transfer { from, to, amount } => {
                let legs = self.legs(from, to, context)?;
                self.spend(from, &legs, *amount, context)
            }
            Command::Charge { scope, unit, amount, refund } => {
                self.charge(*scope, unit, *amount, *refund, context)
            }
            Command::Hold { id, from, to, amount, deadline, by } => {
                self.hold_units(*id, [from, to], *amount, (*deadline, by), context)
            }
            Command::Settle { scope, id, amount, by } => self.settle(*scope, *id, *amount, by),
            Command::Void { scope, id, by } => self.void_hold(*scope, *id, by),
            Command::Expire { scope, id } => self.expire(*scope, *id, context.time),
            Command::SetCap { cap, max, soft } => self.set_cap(cap, *max, *soft, context),
            Command::Net { a, b, unit } => self.net(*a, *b, unit, context),
        }
    }
}
