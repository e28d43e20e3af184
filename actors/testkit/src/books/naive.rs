//! Books as maps. Nothing is kept that can be added up: what is held is the sum over open holds, what a cap counts
//! the sum over all that was ever spent.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::{CapKey, Command, Level, Limits};
use icn_core::ledger::{
    AccountState, Actor, Books, Clock, CommandId, Context, Group, HoldState, LedgerCode as Code,
};
use icn_core::name::{AccountId, Did, HoldId, Owner, Unit};

type Answer = Result<Vec<u64>, (Code, u64)>;

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
    ids: BTreeMap<(Did, CommandId), (Actor, Vec<Command>, Answer)>,
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

    /// Applies a group, or says what refuses it: the code, and which command.
    pub fn apply(&mut self, group: &Group, context: &Context) -> Answer {
        let known = group.id.and_then(|id| self.ids.get(&(group.scope, id)));
        if let Some((actor, commands, answer)) = known {
            let same = *actor == context.actor && *commands == group.commands;
            return if same { answer.clone() } else { Err((Code::IdTaken, 0)) };
        }
        let before = self.clone();
        let answer = self.all(group, context);
        if answer.is_err() {
            *self = before;
        }
        if let Some(id) = group.id {
            let remembered = (context.actor.clone(), group.commands.clone(), answer.clone());
            self.ids.insert((group.scope, id), remembered);
        }
        answer
    }

    fn all(&mut self, group: &Group, context: &Context) -> Answer {
        if group.commands.is_empty() {
            return Err((Code::GroupSize, 0));
        }
        let mut moved = Vec::new();
        let mut touched = BTreeSet::from([group.scope]);
        for (at, command) in group.commands.iter().enumerate() {
            if let Some(first) = self.codes(command, context).first() {
                return Err((*first, at as u64));
            }
            moved.push(self.make(command, context));
            let part = super::rules::part(command, context);
            touched.extend(part.map_or_else(|| super::rules::scopes(command), |part| vec![part]));
        }
        for scope in touched {
            let clock = self.clocks.entry(scope).or_default();
            *clock = Clock { time: clock.time.max(context.time), seq: clock.seq + 1 };
        }
        Ok(moved)
    }

    pub(super) fn account(scope: Did, owner: Owner, unit: &Unit) -> AccountId {
        AccountId { scope, owner, unit: unit.clone() }
    }

    /// An account that is open from now on, and its unit too.
    fn touch(&mut self, id: &AccountId) {
        if !id.unit.is_resource() && !self.units.contains_key(&(id.scope, id.unit.clone())) {
            self.open_unit(id.scope, &id.unit, 0);
        }
        self.open.insert(id.clone());
    }
    fn open_unit(&mut self, scope: Did, unit: &Unit, scale: u8) {
        self.units.insert((scope, unit.clone()), scale);
        self.open.insert(Self::account(scope, Owner::Issuance, unit));
    }

    fn pay(&mut self, from: &AccountId, to: &AccountId, amount: u64) {
        self.touch(from);
        self.touch(to);
        *self.debits.entry(from.clone()).or_default() += u128::from(amount);
        *self.credits.entry(to.clone()).or_default() += u128::from(amount);
    }

    fn spend(&mut self, from: &AccountId, context: &Context, amount: u64, hold: Option<HoldId>) {
        let (scope, unit, actor) = (from.scope, from.unit.clone(), context.actor.clone());
        self.spent.push(Spent { scope, unit, actor, time: context.time, amount, hold });
    }

    /// Ends a hold: what returns was not spent.
    fn end(&mut self, scope: Did, id: HoldId, returns: Option<u64>) -> Option<HoldState> {
        let hold = self.holds.remove(&(scope, id))?;
        for spent in &mut self.spent {
            if spent.scope == scope && spent.hold == Some(id) {
                spent.amount -= returns.unwrap_or(hold.amount);
                spent.hold = None;
            }
        }
        Some(hold)
    }

    /// Does what no code refuses: how much moved.
    fn make(&mut self, command: &Command, context: &Context) -> u64 {
        match command {
            Command::OpenUnit { scope, unit, scale } => self.open_unit(*scope, unit, *scale),
            Command::Open { account } => {
                self.touch(account);
                self.closed.remove(account);
            }
            Command::Close { account } => {
                self.touch(account);
                self.closed.insert(account.clone());
            }
            Command::Freeze { account } => {
                self.touch(account);
                self.frozen.insert(account.clone());
            }
            Command::Unfreeze { account } => {
                self.touch(account);
                self.frozen.remove(account);
            }
            Command::SetLimits { account, limits } => {
                self.touch(account);
                self.limits.insert(account.clone(), *limits);
            }
            Command::SetCap { cap, max: None, .. } => drop(self.caps.remove(cap)),
            Command::SetCap { cap, max: Some(max), soft } => {
                let from = self.caps.get(cap).map_or(self.spent.len(), |(_, _, from)| *from);
                self.caps.insert(cap.clone(), (*max, *soft, from));
            }
            Command::Issue { to, amount } | Command::Mint { to, amount } => {
                self.pay(&Self::account(to.scope, Owner::Issuance, &to.unit), to, *amount);
                return *amount;
            }
            Command::Burn { from, amount } => {
                self.pay(from, &Self::account(from.scope, Owner::Issuance, &from.unit), *amount);
                self.spend(from, context, *amount, None);
                return *amount;
            }
            Command::Charge { scope, unit, amount, refund } => {
                let treasury = Self::account(*scope, Owner::Treasury, unit);
                let consumed = Self::account(*scope, Owner::Consumed, unit);
                if *refund {
                    self.pay(&consumed, &treasury, *amount);
                } else {
                    self.pay(&treasury, &consumed, *amount);
                    if !context.actor.rules() {
                        self.spend(&treasury, context, *amount, None);
                    }
                }
                return *amount;
            }
            Command::Transfer { from, to, amount } => {
                if from.scope == to.scope {
                    self.pay(from, to, *amount);
                    self.spend(from, context, *amount, None);
                    return *amount;
                }
                let part = super::rules::part(command, context);
                if part.is_none_or(|part| part == from.scope) {
                    self.pay(from, &Self::account(from.scope, Owner::Owed(to.scope), &from.unit), *amount);
                    self.spend(from, context, *amount, None);
                }
                if part.is_none_or(|part| part == to.scope) {
                    self.pay(&Self::account(to.scope, Owner::Claim(from.scope), &to.unit), to, *amount);
                }
                return *amount;
            }
            Command::Hold { id, from, to, amount, deadline, by } => {
                self.touch(from);
                self.touch(to);
                let (payer, payee, unit) = (from.owner.clone(), to.owner.clone(), from.unit.clone());
                let (amount, deadline, by, placed) = (*amount, *deadline, by.clone(), context.time);
                let hold =
                    HoldState { from: payer, to: payee, unit, amount, deadline, by, placed, caps: vec![] };
                self.holds.insert((from.scope, *id), hold);
                self.spend(from, context, amount, Some(*id));
                return amount;
            }
            Command::Settle { scope, id, amount, .. } => {
                let held = self.holds.get(&(*scope, *id)).map_or(0, |hold| hold.amount);
                let amount = amount.unwrap_or(held);
                if let Some(hold) = self.end(*scope, *id, Some(held - amount)) {
                    let side = |owner| Self::account(*scope, owner, &hold.unit);
                    self.pay(&side(hold.from), &side(hold.to), amount);
                }
                return amount;
            }
            Command::Void { scope, id, .. } | Command::Expire { scope, id } => {
                return self.end(*scope, *id, None).map_or(0, |hold| hold.amount);
            }
            Command::Net { a, b, unit } => {
                let part = super::rules::part(command, context);
                let amount = self.nets(*a, *b, unit, part);
                let sides = [(*a, *b), (*b, *a)].into_iter();
                for (own, other) in sides.filter(|(own, _)| part.is_none_or(|part| part == *own)) {
                    let (owed, claim) = (Owner::Owed(other), Owner::Claim(other));
                    self.pay(&Self::account(own, owed, unit), &Self::account(own, claim, unit), amount);
                }
                return amount;
            }
        }
        0
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
