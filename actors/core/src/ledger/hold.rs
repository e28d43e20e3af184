//! Holds: payments in two phases. What is held counts on both accounts until the hold is settled, voided, or
//! recorded as expired; then nothing of it is left.

use std::collections::{BTreeMap, BTreeSet};

use super::account::AccountNo;
use crate::block::CapKey;
use crate::name::{Did, HoldId, Owner};

/// An open hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) from: AccountNo,
    pub(super) to: AccountNo,
    pub(super) amount: u64,
    pub(super) deadline: u64,
    pub(super) by: Owner,
    /// When it was placed.
    pub(super) placed: u64,
    /// The caps that it counts against; one that is removed is no longer among them.
    pub(super) caps: Vec<CapKey>,
}

/// The open holds of all scopes, by name and by deadline.
#[derive(Debug, Clone, Default)]
pub(super) struct Holds {
    scopes: BTreeMap<Did, ScopeHolds>,
    /// Of a view of one scope: how many are open that it has not looked at.
    pub(super) elsewhere: usize,
}

#[derive(Debug, Clone, Default)]
struct ScopeHolds {
    by_id: BTreeMap<HoldId, Hold>,
    by_deadline: BTreeSet<(u64, HoldId)>,
}

impl Holds {
    pub(super) fn get(&self, scope: &Did, id: &HoldId) -> Option<&Hold> {
        self.scopes.get(scope)?.by_id.get(id)
    }
    pub(super) fn count(&self, scope: &Did) -> usize {
        self.elsewhere + self.scopes.get(scope).map_or(0, |holds| holds.by_id.len())
    }
    /// Those of a scope that are past their deadline at a time, in the order of deadline and name.
    pub(super) fn due(&self, scope: &Did, time: u64) -> impl Iterator<Item = HoldId> {
        let holds = self.scopes.get(scope).into_iter();
        holds.flat_map(move |holds| {
            holds.by_deadline.iter().take_while(move |(deadline, _)| *deadline <= time).map(|(_, id)| *id)
        })
    }
    /// Puts a hold in its place, or takes it away; gives what was there.
    pub(super) fn put(&mut self, scope: Did, id: HoldId, hold: Option<Hold>) -> Option<Hold> {
        let holds = self.scopes.entry(scope).or_default();
        let before = holds.by_id.remove(&id);
        if let Some(before) = &before {
            holds.by_deadline.remove(&(before.deadline, id));
        }
        if let Some(hold) = hold {
            holds.by_deadline.insert((hold.deadline, id));
            holds.by_id.insert(id, hold);
        }
        if holds.by_id.is_empty() {
            self.scopes.remove(&scope);
        }
        before
    }
    /// The names of a scope's holds that count against a cap.
    pub(super) fn counting(&self, cap: &CapKey) -> Vec<HoldId> {
        let holds = self.scopes.get(&cap.scope).into_iter().flat_map(|holds| &holds.by_id);
        holds.filter(|(_, hold)| hold.caps.contains(cap)).map(|(id, _)| *id).collect()
    }
    /// A scope's, in the order of names.
    pub(super) fn of(&self, scope: &Did) -> impl Iterator<Item = (HoldId, &Hold)> {
        self.scopes.get(scope).into_iter().flat_map(|holds| holds.by_id.iter().map(|(id, hold)| (*id, hold)))
    }
    pub(super) fn forget(&mut self, scope: &Did) {
        self.scopes.remove(scope);
    }
    /// All, in the order of scope and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Did, HoldId, &Hold)> {
        self.scopes.iter().flat_map(|(scope, holds)| holds.by_id.iter().map(|(id, hold)| (*scope, *id, hold)))
    }
}
