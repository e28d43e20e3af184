//! The machine: what it has in memory, and how a group passes through it.
//!
//! Everything in memory follows from the recorded groups, except runs and drawn resources, which a restart
//! forgets. A group: recall its id, apply its commands one after the other, tick the clocks of the scopes
//! that it touched, remember the answer. After the first refusal everything that the group wrote is taken
//! back, the last first.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, AccountNo};
use super::actor::Actor;
use super::cap::Caps;
use super::code::LedgerCode;
use super::event::{Applied, Event};
use super::group::{Context, Group};
use super::hold::Holds;
use super::ids::Ids;
use super::refusal::{LedgerRefusal, refuse};
use super::table::Accounts;
use super::undo::Undo;
use crate::block::{CapKey, Command, Operation};
use crate::limits;
use crate::name::{AccountId, Did, HoldId, Unit};

/// The ledger of all scopes.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub(super) accounts: Accounts,
    /// The tokens that were opened, with their decimal places.
    pub(super) units: BTreeMap<(Did, Unit), u8>,
    pub(super) holds: Holds,
    pub(super) caps: Caps,
    /// The last time of each scope, and how many groups touched it.
    pub(super) clocks: BTreeMap<Did, Clock>,
    pub(super) ids: Ids,
    /// The resources that scopes have drawn and not used. They are held on the accounts, in memory only.
    pub(super) drawn: BTreeMap<(Did, Unit), u64>,
    /// The running invocations, each with books of its own, in memory only.
    pub(super) runs: BTreeMap<Did, Run>,
    /// The entries that take back the group that is being applied. Empty between groups.
    pub(super) undo: Vec<Undo>,
    /// The events of that group. Empty between groups.
    pub(super) events: Vec<Event>,
}

/// The recorded time of a scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The last recorded time, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The number of groups that touched the scope.
    pub seq: u64,
}

/// A running invocation.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// The scope that runs the invocation.
    pub(super) scope: Did,
    /// The operations that the invocation asked for and was given, in their order.
    pub(super) journal: Vec<Operation>,
    /// The run's own books.
    pub(super) books: Box<Ledger>,
    /// The holds that the books took from the ledger.
    pub(super) holds_taken: BTreeSet<(Did, HoldId)>,
    /// The accounts that the books took from the ledger.
    pub(super) accounts_taken: BTreeSet<AccountId>,
    /// The caps that the books took from the ledger.
    pub(super) caps_taken: BTreeSet<CapKey>,
    /// Who asks.
    pub(super) actor: Actor,
}

impl Ledger {
    /// Applies a group whole, or refuses it and leaves the books as they were. A group whose id was answered
    /// before gets the same answer again.
    ///
    /// # Errors
    /// The refusal of the first refused command, with the first code that applies to it; or [`LedgerCode::IdTaken`] if
    /// the id was given to another group.
    pub fn apply(&mut self, group: &Group, context: &Context) -> Result<Applied, LedgerRefusal> {
        if let Some(known) = self.ids.recall(group, &context.actor) {
            return known;
        }
        let answer = self.apply_new(group, context);
        self.ids.remember(group, &context.actor, &answer);
        answer
    }

    /// Applies a group whose id is not asked.
    pub(super) fn apply_new(&mut self, group: &Group, context: &Context) -> Result<Applied, LedgerRefusal> {
        assert!(self.undo.is_empty() && self.events.is_empty(), "nothing is left of the group before");
        let size = group.commands.len();
        if size == 0 || size > limits::LEDGER_GROUP_COMMANDS_MAX {
            let max = limits::LEDGER_GROUP_COMMANDS_MAX;
            return refuse(LedgerCode::GroupSize, format!("{size} commands where 1 to {max} are allowed"));
        }
        let mut moved = Vec::with_capacity(size);
        for (at, command) in group.commands.iter().enumerate() {
            moved.push(self.step_of_a_group(at, command, context)?);
        }
        let mut touched: Vec<Did> = Vec::with_capacity(2);
        touched.push(group.scope);
        for command in &group.commands {
            let (first, second) = command.scopes_of_part(context);
            for scope in [Some(first), second].into_iter().flatten() {
                if !touched.contains(&scope) {
                    touched.push(scope);
                }
            }
        }
        for scope in touched {
            self.tick(scope, context.time);
            debug_assert!(
                self.clock(&scope).time >= context.time,
                "a scope's time is not before its last group's"
            );
        }
        assert_eq!(moved.len(), size, "each command of a group that is applied moved an amount, or 0");
        Ok(self.applied(group.scope, context.time, moved))
    }

    /// Applies one command of a group, or takes back everything that the group wrote.
    pub(super) fn step_of_a_group(
        &mut self,
        at: usize,
        command: &Command,
        context: &Context,
    ) -> Result<u64, LedgerRefusal> {
        self.step(command, context).map_err(|refusal| {
            self.take_back();
            assert!(self.undo.is_empty(), "a group that is refused leaves nothing");
            LedgerRefusal { at: at as u64, ..refusal }
        })
    }

    /// The answer to a group that was applied. From here on the group cannot be taken back.
    pub(super) fn applied(&mut self, scope: Did, time: u64, moved: Vec<u64>) -> Applied {
        debug_assert!(
            self.undo.iter().all(|undo| self.is_balanced(undo)),
            "debits equal credits in each book"
        );
        self.undo.clear();
        let (seq, events) = (self.clock(&scope).seq, std::mem::take(&mut self.events));
        assert!(seq > 0, "a group that is applied has a place in its scope");
        Applied { seq, time, moved, repeated: false, events }
    }

    /// Whether what was written debits and credits one book.
    fn is_balanced(&self, undo: &Undo) -> bool {
        match undo {
            Undo::Posted(from, to, _) | Undo::Held(from, to, _) | Undo::Released(from, to, _) => {
                self.accounts.are_sides(*from, *to)
            }
            _ => true,
        }
    }

    /// Counts a group that touched a scope.
    pub(super) fn tick(&mut self, scope: Did, time: u64) {
        let clock = self.clocks.entry(scope).or_default();
        clock.time = clock.time.max(time);
        clock.seq += 1;
    }

    /// The recorded time of a scope, from 0.
    pub(super) fn clock(&self, scope: &Did) -> Clock {
        self.clocks.get(scope).copied().unwrap_or_default()
    }

    /// Takes back everything that the group wrote, the last first.
    pub(super) fn take_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            self.revert(undo);
        }
        self.events.clear();
    }

    /// The counters of an account, if it is open.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<Account> {
        self.accounts.find(id).map(|no| self.accounts.get(no))
    }
    /// The number of an open account, for [`transfers`](Self::transfers).
    #[must_use]
    pub fn account_no(&self, id: &AccountId) -> Option<AccountNo> {
        self.accounts.find(id)
    }
    /// The name of an account.
    #[must_use]
    pub fn account_id(&self, no: AccountNo) -> AccountId {
        self.accounts.name(no)
    }
    /// The decimal places of a unit in a scope, if it is open there. A resource is open everywhere, with 0.
    #[must_use]
    pub fn scale(&self, scope: Did, unit: &Unit) -> Option<u8> {
        if unit.is_resource() { Some(0) } else { self.units.get(&(scope, unit.clone())).copied() }
    }
    /// The holds of a scope that are past their deadline, in the order in which their expiry is recorded.
    #[must_use]
    pub fn due(&self, scope: &Did, time: u64) -> Vec<HoldId> {
        self.holds.due(scope, time).collect()
    }
    /// The open holds of a scope and their deadlines, in the order of names.
    pub fn deadlines(&self, scope: &Did) -> impl Iterator<Item = (HoldId, u64)> {
        self.holds.of(scope).map(|(id, hold)| (id, hold.deadline))
    }
    /// The scopes and units whose credits do not equal their debits: credits less debits, posted and held. A
    /// sound ledger has none.
    #[must_use]
    pub fn imbalances(&self) -> Vec<(Did, Unit, i128, i128)> {
        let sums = self.accounts.sums().into_iter().filter(|(_, sum)| *sum != (0, 0));
        sums.map(|((scope, unit), (posted, held))| (scope, unit, posted, held)).collect()
    }
}
