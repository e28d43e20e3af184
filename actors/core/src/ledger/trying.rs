//! One operation of a run, tried in the run's own books.
//!
//! The order: take what the operation names ([`taking`](super)), make the ledger's command of it, apply the
//! command in the run's books as a group of its own. A scope runs one invocation at a time and is the only
//! one to move its accounts, so what was taken stays right until the run ends. From another scope a run takes
//! only what that scope holds still for it ([`crate::fold::crossing`]).

use std::collections::BTreeSet;

use super::actor::Actor;
use super::code::LedgerCode as Code;
use super::event::Applied;
use super::group::{Context, Group};
use super::machine::{Ledger, Run};
use super::refusal::{LedgerRefusal, refuse};
use crate::block::{Command, Operation};
use crate::name::{AccountId, Did, Owner};

impl Run {
    /// A run that did nothing yet. In its books the scope's holds that are due have expired.
    pub(super) fn begin(ledger: &Ledger, scope: Did, time: u64, actor: &Actor) -> Self {
        let mut books = Box::<Ledger>::default();
        books.holds.unseen = ledger.holds.count(&scope);
        books.clocks.insert(scope, ledger.clock(&scope));
        let mut run = Self {
            scope,
            journal: Vec::new(),
            books,
            holds_taken: BTreeSet::new(),
            accounts_taken: BTreeSet::new(),
            caps_taken: BTreeSet::new(),
            actor: actor.clone(),
        };
        run.expire_due(ledger, scope, time);
        assert!(run.journal.is_empty(), "a run that begins has asked for nothing");
        run
    }

    /// Takes the time of another scope, and lets its holds that are due expire.
    fn take_scope(&mut self, ledger: &Ledger, other: Did, time: u64) {
        if self.books.clocks.contains_key(&other) {
            return;
        }
        self.books.clocks.insert(other, ledger.clock(&other));
        self.expire_due(ledger, other, time);
    }

    /// Lets the holds of a scope expire that are past their deadline.
    fn expire_due(&mut self, ledger: &Ledger, scope: Did, time: u64) {
        for id in ledger.due(&scope, time) {
            let expired = self.try_out(ledger, scope, time, &Operation::Expire { id });
            assert!(expired.is_ok(), "a hold that is due expires: {expired:?}");
        }
        debug_assert!(self.books.holds.due(&scope, time).next().is_none(), "no hold is due any more");
    }

    /// Applies an operation in the run's books, or refuses it and leaves them as they were.
    pub(super) fn try_out(
        &mut self,
        ledger: &Ledger,
        scope: Did,
        time: u64,
        operation: &Operation,
    ) -> Result<Applied, LedgerRefusal> {
        match operation {
            Operation::Transfer { from, to, unit, .. } | Operation::Hold { from, to, unit, .. } => {
                for owner in [from, to] {
                    self.take_account(ledger, &AccountId { scope, owner: owner.clone(), unit: unit.clone() });
                }
                self.take_caps_on(ledger, unit);
            }
            _ => {}
        }
        match operation {
            Operation::Hold { id, .. }
            | Operation::Settle { id, .. }
            | Operation::Void { id }
            | Operation::Expire { id } => self.take_hold(ledger, scope, *id),
            Operation::Send { from, scope: other, to, unit, .. } => {
                self.take_scope(ledger, *other, time);
                for (scope, owner) in [
                    (scope, from.clone()),
                    (scope, Owner::Owed(*other)),
                    (*other, Owner::Claim(scope)),
                    (*other, to.clone()),
                ] {
                    self.take_account(ledger, &AccountId { scope, owner, unit: unit.clone() });
                }
                self.take_caps_on(ledger, unit);
                if self.books.scale(*other, unit).is_none() {
                    return refuse(Code::UnknownUnit, format!("the unit {unit} is not open in {other}"));
                }
            }
            Operation::Transfer { .. } | Operation::Receive { .. } => {}
            Operation::Rule(command) => self.take_for_ruling(ledger, time, command),
        }
        // The caller checked that both scopes deal with each other.
        let other = operation.counterpart();
        let consents = other.into_iter().flat_map(|other| [(scope, other), (other, scope)]).collect();
        let context = Context { actor: self.actor.clone(), consents, ..Context::runtime(time) };
        let commands = vec![self.books.command_of(scope, operation)];
        let answer = self.books.apply_new(&Group { id: None, scope, commands }, &context);
        debug_assert!(
            self.books.undo.is_empty() && self.books.events.is_empty(),
            "an operation is done or undone"
        );
        answer
    }

    /// Takes what a ruling names.
    fn take_for_ruling(&mut self, ledger: &Ledger, time: u64, command: &Command) {
        match command {
            Command::Net { a, b, unit } => {
                self.take_scope(ledger, *b, time);
                for (scope, other) in [(*a, *b), (*b, *a)] {
                    for owner in [Owner::Owed(other), Owner::Claim(other)] {
                        let id = AccountId { scope, owner, unit: unit.clone() };
                        // Netting opens no account, so one that is not open is not taken.
                        if ledger.accounts.find(&id).is_some() || self.accounts_taken.contains(&id) {
                            self.take_account(ledger, &id);
                        }
                        self.take_unit(ledger, scope, unit);
                    }
                }
            }
            Command::OpenUnit { scope, unit, .. } => self.take_unit(ledger, *scope, unit),
            Command::SetCap { cap, .. } => {
                self.take_unit(ledger, cap.scope, &cap.unit);
                // All caps of the scope, because their number is limited.
                self.take_caps(ledger.caps.0.iter().filter(|(key, _)| key.scope == cap.scope));
            }
            Command::Open { account }
            | Command::Close { account }
            | Command::Freeze { account }
            | Command::Unfreeze { account }
            | Command::SetLimits { account, .. } => drop(self.take_account(ledger, account)),
            _ => {}
        }
    }
}
