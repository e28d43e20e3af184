//! Caps: how much of a unit a member, a module, a role or the scope as a whole may spend, in all or in each window.
//!
//! Windows are fixed: the window of a moment is its time divided by the window's length. So windows follow
//! from recorded times, and no two overlap. What is held counts when the hold is placed, in the window of
//! that moment; settling it does not count again. What returns (a voided or expired hold, the rest of a
//! settlement) is taken off again, if the cap still counts the window in which the hold was placed. A cap
//! never limits what comes in.

use std::collections::{BTreeMap, BTreeSet};

use super::actor::Actor;
use super::code::LedgerCode;
use super::refusal::{LedgerRefusal, refuse};
use crate::block::{CapKey, Level};
use crate::name::{Did, Unit};

/// A cap, and how much of it is used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// How much may be spent or held.
    pub max: u64,
    /// The amount above which the cap warns.
    pub soft: Option<u64>,
    /// The number of the window in which `used` was counted. 0 for a cap without windows.
    pub window: u64,
    /// How much was spent or is held in that window.
    pub used: u64,
}

/// A soft threshold that was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The cap.
    pub cap: CapKey,
    /// How much of it is used now.
    pub used: u64,
    /// The threshold.
    pub soft: u64,
}

/// All caps, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Caps(pub(super) BTreeMap<CapKey, Cap>);

impl Caps {
    /// The number of a scope's caps.
    pub(super) fn count(&self, scope: &Did) -> usize {
        self.0.keys().filter(|key| key.scope == *scope).count()
    }

    /// The caps that bind an actor, in the order in which they are asked. Each level is looked up by its
    /// name, because a scope may have a cap for every member, and only one member spends.
    pub(super) fn binding(&self, scope: Did, unit: &Unit, actor: &Actor) -> Vec<(&CapKey, &Cap)> {
        let mut from = CapKey {
            scope,
            unit: unit.clone(),
            level: Level::Member(Did::from_key([0; 32])),
            window_ms: None,
        };
        let first = self.0.range(&from..).next();
        if first.is_none_or(|(key, _)| key.scope != scope || key.unit != *unit) {
            return Vec::new();
        }
        let roles: BTreeSet<&String> = actor.roles.iter().collect();
        let levels = (actor.member.map(Level::Member).into_iter())
            .chain(actor.module.map(Level::Module))
            .chain(roles.into_iter().cloned().map(Level::Role))
            .chain([Level::Scope]);
        let mut found = Vec::new();
        for level in levels {
            from.level = level;
            let is_of_level =
                |key: &CapKey| key.scope == scope && key.unit == *unit && key.level == from.level;
            found.extend(self.0.range(&from..).take_while(|(key, _)| is_of_level(key)));
        }
        debug_assert!(
            (1..found.len()).all(|at| found[..at].iter().all(|before| before.0 != found[at].0)),
            "a cap binds an actor once"
        );
        found
    }

    /// How much of a cap is used at a moment.
    pub(super) fn used_at(key: &CapKey, cap: &Cap, time: u64) -> u64 {
        if cap.window == key.window(time) { cap.used } else { 0 }
    }

    /// Checks that every cap allows the actor to spend this amount. Gives the caps that would count it.
    pub(super) fn allow(
        &self,
        scope: Did,
        unit: &Unit,
        actor: &Actor,
        amount: u64,
        time: u64,
    ) -> Result<Vec<CapKey>, LedgerRefusal> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let mut keys = Vec::new();
        for (key, cap) in self.binding(scope, unit, actor) {
            let used = Self::used_at(key, cap, time);
            if used.checked_add(amount).is_none_or(|sum| sum > cap.max) {
                let what =
                    format!("{used} of a cap of {} {unit} is spent or held, {amount} are asked", cap.max);
                let refusal = LedgerRefusal {
                    cap: Some(Box::new(key.clone())),
                    ..LedgerRefusal::new(LedgerCode::CapPassed, what)
                };
                return Err(refusal);
            }
            keys.push(key.clone());
        }
        debug_assert!(
            self.left(scope, unit, actor, time).is_none_or(|left| left >= amount),
            "what the caps allow is no more than they leave"
        );
        Ok(keys)
    }

    /// How much the caps leave the actor to spend. `None` if no cap binds the actor.
    pub(super) fn left(&self, scope: Did, unit: &Unit, actor: &Actor, time: u64) -> Option<u64> {
        let left = |(key, cap): (&CapKey, &Cap)| cap.max.saturating_sub(Self::used_at(key, cap, time));
        self.binding(scope, unit, actor).into_iter().map(left).min()
    }

    /// Checks the terms of a cap.
    pub(super) fn check_terms(
        key: &CapKey,
        max: Option<u64>,
        soft: Option<u64>,
    ) -> Result<(), LedgerRefusal> {
        if key.window_ms == Some(0) {
            return refuse(LedgerCode::CapTerms, "a window of 0 ms where at least 1 is needed");
        }
        match (max, soft) {
            (max, Some(soft)) if max.is_none_or(|max| soft > max) => {
                refuse(LedgerCode::CapTerms, format!("a soft threshold of {soft} above its cap"))
            }
            _ => Ok(()),
        }
    }
}
