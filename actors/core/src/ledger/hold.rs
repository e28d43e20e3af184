//! The open holds of all scopes. A hold is a payment in two phases (`holding.rs` places and ends holds).
//!
//! Holds are found by name and by deadline; both indexes always have the same holds. A hold that ended is not kept.

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
    /// When it expires, in milliseconds since the Unix epoch.
    pub(super) deadline: u64,
    /// Who placed it and may end it.
    pub(super) by: Owner,
    /// When it was placed, in milliseconds since the Unix epoch.
    pub(super) placed: u64,
    /// The caps that it counts against. A cap that is removed is taken from here.
    pub(super) caps: Vec<CapKey>,
}

/// The open holds of all scopes, by name and by deadline.
#[derive(Debug, Clone, Default)]
pub(super) struct Holds {
    scopes: BTreeMap<Did, ScopeHolds>,
    /// In the books of a run: the number of the scope's open holds that the run has not taken. Otherwise 0.
    pub(super) unseen: usize,
}

#[derive(Debug, Clone, Default)]
struct ScopeHolds {
    by_id: BTreeMap<HoldId, Hold>,
    by_deadline: BTreeSet<(u64, HoldId)>,
}

impl Holds {
    /// An open hold.
    pub(super) fn get(&self, scope: &Did, id: &HoldId) -> Option<&Hold> {
        self.scopes.get(scope)?.by_id.get(id)
    }
    /// The number of a scope's open holds.
    pub(super) fn count(&self, scope: &Did) -> usize {
        self.unseen + self.scopes.get(scope).map_or(0, |holds| holds.by_id.len())
    }
    /// The holds of a scope that are past their deadline at a time, in the order of deadline and name.
    pub(super) fn due(&self, scope: &Did, time: u64) -> impl Iterator<Item = HoldId> {
        let holds = self.scopes.get(scope).into_iter();
        holds.flat_map(move |holds| {
            holds.by_deadline.iter().take_while(move |(deadline, _)| *deadline <= time).map(|(_, id)| *id)
        })
    }
    /// Puts a hold in its place, or removes it. Gives what was there.
    pub(super) fn put(&mut self, scope: Did, id: HoldId, hold: Option<Hold>) -> Option<Hold> {
        let holds = self.scopes.entry(scope).or_default();
        let before = holds.by_id.remove(&id);
        if let Some(before) = &before {
            let was_there = holds.by_deadline.remove(&(before.deadline, id));
            assert!(was_there, "a hold that is found by name is found by deadline");
        }
        if let Some(hold) = hold {
            holds.by_deadline.insert((hold.deadline, id));
            holds.by_id.insert(id, hold);
        }
        assert_eq!(holds.by_id.len(), holds.by_deadline.len(), "both indexes have the same holds");
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
    /// The holds of a scope, in the order of names.
    pub(super) fn of(&self, scope: &Did) -> impl Iterator<Item = (HoldId, &Hold)> {
        self.scopes.get(scope).into_iter().flat_map(|holds| holds.by_id.iter().map(|(id, hold)| (*id, hold)))
    }
    /// Removes all holds of a scope.
    pub(super) fn forget(&mut self, scope: &Did) {
        self.scopes.remove(scope);
    }
    /// All holds, in the order of scope and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Did, HoldId, &Hold)> {
        self.scopes.iter().flat_map(|(scope, holds)| holds.by_id.iter().map(|(id, hold)| (*scope, *id, hold)))
    }
}
