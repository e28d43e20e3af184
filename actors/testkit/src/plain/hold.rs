//! Open holds: escrow, a payment in two phases. What is held stands on an account of its own, beside the terms
//! on which it was placed; when it is settled, voided or past its deadline, both are gone.

use std::collections::{BTreeMap, BTreeSet};

use super::words::HoldTerms;
use icn_core::name::{Did, HoldId, Owner, Unit};

/// A hold that was placed and is neither settled, voided nor past its deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenHold {
    /// Whose units they were, and are again when it is void.
    pub payer: Owner,
    /// The unit.
    pub unit: Unit,
    /// How much is held.
    pub amount: u64,
    /// What was agreed.
    pub terms: HoldTerms,
}

/// The open holds of all scopes, by name and by deadline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holds(BTreeMap<Did, ScopeHolds>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ScopeHolds {
    by_id: BTreeMap<HoldId, OpenHold>,
    by_deadline: BTreeSet<(u64, HoldId)>,
}

impl Holds {
    pub(super) fn get(&self, scope: &Did, id: &HoldId) -> Option<&OpenHold> {
        self.0.get(scope)?.by_id.get(id)
    }
    pub(super) fn count(&self, scope: &Did) -> usize {
        self.0.get(scope).map_or(0, |holds| holds.by_id.len())
    }
    /// Those of a scope that are past their deadline at this time, in the order of deadline and name.
    pub(super) fn due(&self, scope: &Did, time: u64) -> impl Iterator<Item = (HoldId, &OpenHold)> {
        self.0.get(scope).into_iter().flat_map(move |holds| {
            let due = holds.by_deadline.iter().take_while(move |(deadline, _)| *deadline <= time);
            due.filter_map(|(_, id)| holds.by_id.get(id).map(|hold| (*id, hold)))
        })
    }
    pub(super) fn insert(&mut self, scope: Did, id: HoldId, hold: OpenHold) {
        self.remove(&scope, &id);
        let holds = self.0.entry(scope).or_default();
        holds.by_deadline.insert((hold.terms.deadline, id));
        holds.by_id.insert(id, hold);
    }
    /// Nothing stays behind, not even of the scope's last one.
    pub(super) fn remove(&mut self, scope: &Did, id: &HoldId) {
        let Some(holds) = self.0.get_mut(scope) else { return };
        if let Some(hold) = holds.by_id.remove(id) {
            holds.by_deadline.remove(&(hold.terms.deadline, *id));
        }
        if holds.by_id.is_empty() {
            self.0.remove(scope);
        }
    }
    /// Takes a scope's from another ledger.
    pub(super) fn adopt(&mut self, scope: Did, other: &Self) {
        self.0.remove(&scope);
        self.0.extend(other.0.get(&scope).map(|holds| (scope, holds.clone())));
    }
    /// All, in the order of scope and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Did, HoldId, &OpenHold)> {
        self.0.iter().flat_map(|(scope, holds)| holds.by_id.iter().map(|(id, hold)| (*scope, *id, hold)))
    }
}
