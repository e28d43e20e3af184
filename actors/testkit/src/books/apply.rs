//! Applies groups of commands to the naive books: what no rule refuses is done, all of a group or nothing.

use std::collections::BTreeSet;

use icn_core::block::Command;
use icn_core::ledger::{Clock, Context, Group, HoldState, LedgerCode as Code};
use icn_core::name::{AccountId, Did, HoldId, Owner, Unit};

use super::naive::{Answer, NaiveBooks, Spent};
use super::reach::{part, scopes};

impl NaiveBooks {
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
            let part = part(command, context);
            touched.extend(part.map_or_else(|| scopes(command), |part| vec![part]));
        }
        for scope in touched {
            let clock = self.clocks.entry(scope).or_default();
            *clock = Clock { time: clock.time.max(context.time), seq: clock.seq + 1 };
        }
        Ok(moved)
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
                let part = part(command, context);
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
                let part = part(command, context);
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
}
