//! Books as maps. Nothing is kept that can be added up: what is held is the sum over open holds, and what counts against a
//! cap is the sum over all that was ever spent.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::{CapKey, Command, Level, Limits};
use icn_core::ledger::{AccountState, Actor, Books, Clock, CommandId, HoldState, LedgerCode as Code};
use icn_core::name::{AccountId, Did, HoldId, Owner, Unit};

pub(super) type Answer = Result<Vec<u64>, (Code, u64)>;

#[derive(Debug, Clone)]
pub(super) struct Spent {
    pub(super) scope: Did,
    pub(super) unit: Unit,
    pub(super) actor: Actor,
    pub(super) time: u64,
    pub(super) amount: u64,
    pub(super) hold: Option<HoldId>,
}

/// The books.
#[derive(Debug, Clone, Default)]
pub struct NaiveBooks {
    pub(super) units: BTreeMap<(Did, Unit), u8>,
    pub(super) open: BTreeSet<AccountId>,
    pub(super) frozen: BTreeSet<AccountId>,
    pub(super) closed: BTreeSet<AccountId>,
    pub(super) limits: BTreeMap<AccountId, Limits>,
    pub(super) debits: BTreeMap<AccountId, u128>,
    pub(super) credits: BTreeMap<AccountId, u128>,
    pub(super) holds: BTreeMap<(Did, HoldId), HoldState>,
    /// Cap, and how much had been spent (entries of `spent`) when it was set first.
    pub(super) caps: BTreeMap<CapKey, (u64, Option<u64>, usize)>,
    pub(super) spent: Vec<Spent>,
    pub(super) clocks: BTreeMap<Did, Clock>,
    pub(super) ids: BTreeMap<(Did, CommandId), (Actor, Vec<Command>, Answer)>,
}

impl NaiveBooks {
    pub(super) fn held_debits(&self, id: &AccountId) -> u128 {
        self.held(|scope, hold| scope == id.scope && hold.from == id.owner && hold.unit == id.unit)
    }

    pub(super) fn held_credits(&self, id: &AccountId) -> u128 {
        self.held(|scope, hold| scope == id.scope && hold.to == id.owner && hold.unit == id.unit)
    }

    fn held(&self, counts: impl Fn(Did, &HoldState) -> bool) -> u128 {
        let of = self.holds.iter().filter(|((scope, _), hold)| counts(*scope, hold));
        of.map(|(_, hold)| u128::from(hold.amount)).sum()
    }

    pub(super) fn debited(&self, id: &AccountId) -> u128 {
        self.debits.get(id).copied().unwrap_or(0)
    }

    pub(super) fn credited(&self, id: &AccountId) -> u128 {
        self.credits.get(id).copied().unwrap_or(0)
    }

    /// What counts against a cap in the window of a moment.
    pub(super) fn used(&self, key: &CapKey, time: u64) -> u64 {
        let window = |time: u64| key.window_ms.map(|ms| time / ms);
        let Some((_, _, from)) = self.caps.get(key) else { return 0 };
        let counts = |spent: &&Spent| {
            spent.scope == key.scope
                && spent.unit == key.unit
                && window(spent.time) == window(time)
                && match &key.level {
                    Level::Member(member) => spent.actor.member == Some(*member),
                    Level::Module(module) => spent.actor.module == Some(*module),
                    Level::Role(role) => spent.actor.roles.contains(role),
                    Level::Scope => true,
                }
        };
        self.spent[*from..].iter().filter(counts).map(|spent| spent.amount).sum()
    }

    pub(super) fn account(scope: Did, owner: Owner, unit: &Unit) -> AccountId {
        AccountId { scope, owner, unit: unit.clone() }
    }

    /// The books in the machine's words, without caps.
    #[must_use]
    pub fn books(&self) -> Books {
        let state = |id: &AccountId| AccountState {
            debits: self.debited(id),
            credits: self.credited(id),
            debits_held: self.held_debits(id),
            credits_held: self.held_credits(id),
            frozen: self.frozen.contains(id),
            closed: self.closed.contains(id),
            limits: self.limits.get(id).copied().unwrap_or_default(),
        };
        Books {
            accounts: self.open.iter().map(|id| (id.clone(), state(id))).collect(),
            units: self.units.iter().map(|((scope, unit), scale)| (*scope, unit.clone(), *scale)).collect(),
            holds: self.holds.iter().map(|((scope, id), hold)| (*scope, *id, hold.clone())).collect(),
            caps: Vec::new(),
            clocks: self.clocks.iter().map(|(scope, clock)| (*scope, *clock)).collect(),
        }
    }

    /// The caps, with what counts against each at a moment.
    #[must_use]
    pub fn caps(&self, time: u64) -> Vec<(u64, Option<u64>, u64, CapKey)> {
        let all = self.caps.iter();
        all.map(|(key, (max, soft, _))| (*max, *soft, self.used(key, time), key.clone())).collect()
    }
}
