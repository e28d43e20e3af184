//! The machine: what it has in memory, and the way of a group through it.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, AccountNo};
use super::actor::Actor;
use super::cap::Caps;
use super::code::{LedgerCode, LedgerRefusal, refuse};
use super::event::{Applied, Event};
use super::group::{Context, Group};
use super::hold::Holds;
use super::ids::Ids;
use super::table::Accounts;
use super::undo::Undo;
use crate::block::{CapKey, Command, Operation};
use crate::limits;
use crate::name::{AccountId, Did, HoldId, Unit};

/// The machine.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub(super) accounts: Accounts,
    /// Tokens that were opened, with their decimal places.
    pub(super) units: BTreeMap<(Did, Unit), u8>,
    pub(super) holds: Holds,
    pub(super) caps: Caps,
    /// Each scope's last time, and how many groups touched it.
    pub(super) clocks: BTreeMap<Did, Clock>,
    pub(super) ids: Ids,
    /// Resources that scopes have drawn and not used: held on their accounts, in memory alone.
    pub(super) drawn: BTreeMap<(Did, Unit), u64>,
    /// What running invocations did, each in books of its own, in memory alone.
    pub(super) runs: BTreeMap<Did, Run>,
    /// What the group that is being applied has written so far; empty between groups.
    pub(super) undo: Vec<Undo>,
    /// What has happened in it.
    pub(super) events: Vec<Event>,
}

/// A scope's time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The last recorded time, in milliseconds since the Unix epoch.
    pub time: u64,
    /// Groups that touched the scope.
    pub seq: u64,
}

/// A running invocation.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// The scope.
    pub(super) scope: Did,
    /// What it asked for and was given, in its order.
    pub(super) journal: Vec<Operation>,
    /// Its books.
    pub(super) view: Box<Ledger>,
    /// Holds that its books took.
    pub(super) looked_at: BTreeSet<(Did, HoldId)>,
    /// Accounts that its books took.
    pub(super) taken: BTreeSet<AccountId>,
    /// Caps that its books took.
    pub(super) capped: BTreeSet<CapKey>,
    /// Whose it is.
    pub(super) actor: Actor,
}

impl Ledger {
    /// Applies a group whole, or refuses it and leaves the books as they were.
    ///
    /// # Errors
    /// The refusal of the first command that is refused, by the first code that applies to it; or what the group's id
    /// was answered before, or that it is another's.
    pub fn apply(&mut self, group: &Group, context: &Context) -> Result<Applied, LedgerRefusal> {
        if let Some(known) = self.ids.recall(group, &context.actor) {
            return known;
        }
        let answer = self.apply_new(group, context);
        self.ids.remember(group, &context.actor, &answer);
        answer
    }

    pub(super) fn apply_new(&mut self, group: &Group, context: &Context) -> Result<Applied, LedgerRefusal> {
        debug_assert!(self.undo.is_empty() && self.events.is_empty(), "nothing is left of the group before");
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
        }
        Ok(self.applied(group.scope, context.time, moved))
    }

    /// Does one command of a group, or takes back what the group has written.
    pub(super) fn step_of_a_group(
        &mut self,
        at: usize,
        command: &Command,
        context: &Context,
    ) -> Result<u64, LedgerRefusal> {
        self.step(command, context).map_err(|refusal| {
            self.take_back();
            LedgerRefusal { at: at as u64, ..refusal }
        })
    }

    /// A group stands: what it was answered.
    pub(super) fn applied(&mut self, scope: Did, time: u64, moved: Vec<u64>) -> Applied {
        self.undo.clear();
        let (seq, events) = (self.clock(&scope).seq, std::mem::take(&mut self.events));
        Applied { seq, time, moved, repeated: false, events }
    }

    pub(super) fn tick(&mut self, scope: Did, time: u64) {
        let clock = self.clocks.entry(scope).or_default();
        clock.time = clock.time.max(time);
        clock.seq += 1;
    }

    pub(super) fn clock(&self, scope: &Did) -> Clock {
        self.clocks.get(scope).copied().unwrap_or_default()
    }

    /// Takes back what the group has written, the last first.
    pub(super) fn take_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            self.revert(undo);
        }
        self.events.clear();
    }

    /// An account's counters; none when it is not open.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<Account> {
        self.accounts.find(id).map(|no| self.accounts.get(no))
    }
    /// An account's number, for [`transfers`](Self::transfers).
    #[must_use]
    pub fn account_no(&self, id: &AccountId) -> Option<AccountNo> {
        self.accounts.find(id)
    }
    /// An account's name.
    #[must_use]
    pub fn account_id(&self, no: AccountNo) -> AccountId {
        self.accounts.name(no)
    }
    /// A unit's decimal places in a scope; none when it is not open there. A resource has none anywhere.
    #[must_use]
    pub fn scale(&self, scope: Did, unit: &Unit) -> Option<u8> {
        if unit.is_resource() { Some(0) } else { self.units.get(&(scope, unit.clone())).copied() }
    }
    /// The holds of a scope that are past their deadline, in the order in which they are to be recorded.
    #[must_use]
    pub fn due(&self, scope: &Did, time: u64) -> Vec<HoldId> {
        self.holds.due(scope, time).collect()
    }
    /// A scope's open holds and their deadlines, in the order of names.
    pub fn deadlines(&self, scope: &Did) -> impl Iterator<Item = (HoldId, u64)> {
        self.holds.of(scope).map(|(id, hold)| (id, hold.deadline))
    }
    /// Credits less debits of each scope and unit, posted and held: all zero in a sound ledger. Those that are not.
    #[must_use]
    pub fn imbalances(&self) -> Vec<(Did, Unit, i128, i128)> {
        let sums = self.accounts.sums().into_iter().filter(|(_, sum)| *sum != (0, 0));
        sums.map(|((scope, unit), (posted, held))| (scope, unit, posted, held)).collect()
    }
}
