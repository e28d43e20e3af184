//! Which codes apply to a command: each rule is evaluated by itself, whatever the others say.

use std::collections::BTreeSet;

use icn_core::block::{CapKey, Command, Limits};
use icn_core::ledger::{Context, LedgerCode as Code, Right};
use icn_core::limits;
use icn_core::name::{AccountId, Did, Owner, Unit};

use super::naive::NaiveBooks;
use super::reach::{accounts, part, scopes};

const fn wrong(amount: u64) -> bool {
    amount == 0 || amount > 9_223_372_036_854_775_807
}

impl NaiveBooks {
    /// Every pair of accounts that it would debit and credit.
    fn pairs(&self, command: &Command) -> Vec<[AccountId; 2]> {
        let of = Self::account;
        match command {
            Command::Issue { to, .. } | Command::Mint { to, .. } => {
                vec![[of(to.scope, Owner::Issuance, &to.unit), to.clone()]]
            }
            Command::Burn { from, .. } => vec![[from.clone(), of(from.scope, Owner::Issuance, &from.unit)]],
            Command::Transfer { from, to, .. } if from.scope != to.scope => vec![
                [from.clone(), of(from.scope, Owner::Owed(to.scope), &from.unit)],
                [of(to.scope, Owner::Claim(from.scope), &to.unit), to.clone()],
            ],
            Command::Transfer { from, to, .. } | Command::Hold { from, to, .. } => {
                vec![[from.clone(), to.clone()]]
            }
            Command::Charge { scope, unit, refund, .. } => {
                let (treasury, consumed) =
                    (of(*scope, Owner::Treasury, unit), of(*scope, Owner::Consumed, unit));
                if *refund { vec![[consumed, treasury]] } else { vec![[treasury, consumed]] }
            }
            Command::Net { a, b, unit } => [(*a, *b), (*b, *a)]
                .map(|(own, other)| [of(own, Owner::Owed(other), unit), of(own, Owner::Claim(other), unit)])
                .to_vec(),
            _ => Vec::new(),
        }
    }

    /// What can be set off between two scopes, as far as the books of one or of both tell.
    pub(super) fn nets(&self, a: Did, b: Did, unit: &Unit, part: Option<Did>) -> u64 {
        let mut least = i128::from(i64::MAX);
        for (own, other) in
            [(a, b), (b, a)].into_iter().filter(|(own, _)| part.is_none_or(|part| part == *own))
        {
            let owed = Self::account(own, Owner::Owed(other), unit);
            let claim = Self::account(own, Owner::Claim(other), unit);
            let balance = |id: &AccountId| self.credited(id).cast_signed() - self.debited(id).cast_signed();
            least = least.min(balance(&owed)).min(-balance(&claim));
        }
        u64::try_from(least).unwrap_or(0)
    }

    fn knows(&self, scope: Did, unit: &Unit) -> bool {
        unit.is_resource() || self.units.contains_key(&(scope, unit.clone()))
    }

    fn scale(&self, scope: Did, unit: &Unit) -> u8 {
        self.units.get(&(scope, unit.clone())).copied().unwrap_or(0)
    }

    /// All codes that apply; the first is the answer.
    pub(super) fn codes(&self, command: &Command, context: &Context) -> BTreeSet<Code> {
        let mut codes = BTreeSet::new();
        let mut say = |code: Code, applies: bool| {
            if applies {
                codes.insert(code);
            }
        };
        let named = accounts(command);
        let part = part(command, context);
        let scopes = part.map_or_else(|| scopes(command), |part| vec![part]);
        let time = context.time;
        let clock = |scope: &Did| self.clocks.get(scope).copied().unwrap_or_default().time;
        say(Code::TimeBackwards, scopes.iter().any(|scope| time < clock(scope)));
        let amount = match command {
            Command::Issue { amount, .. }
            | Command::Mint { amount, .. }
            | Command::Burn { amount, .. }
            | Command::Transfer { amount, .. }
            | Command::Hold { amount, .. }
            | Command::Charge { amount, .. } => Some(*amount),
            Command::Settle { amount, .. } => *amount,
            _ => None,
        };
        say(Code::Amount, amount.is_some_and(wrong));
        let bounds = match command {
            Command::SetLimits { limits: Limits { credit, balance_max }, .. } => {
                vec![Some(*credit), *balance_max]
            }
            Command::SetCap { max, soft, .. } => vec![*max, *soft],
            _ => Vec::new(),
        };
        say(Code::Amount, bounds.into_iter().flatten().any(|bound| bound != 0 && wrong(bound)));
        let same = match command {
            Command::Net { a, b, .. } => a == b,
            Command::Transfer { from, to, .. } | Command::Hold { from, to, .. } => from == to,
            _ => false,
        };
        say(Code::SameAccount, same);
        let moves = amount.is_some();
        say(
            Code::Reserved,
            named.iter().any(|account| match &account.owner {
                Owner::Issuance | Owner::Consumed | Owner::Hold(_) => true,
                Owner::Owed(_) | Owner::Claim(_) => moves,
                _ => false,
            }),
        );
        let units: Vec<&Unit> = named.iter().map(|account| &account.unit).collect();
        say(
            Code::Resource,
            match command {
                Command::Mint { .. }
                | Command::Burn { .. }
                | Command::Transfer { .. }
                | Command::Hold { .. } => units.iter().any(|unit| unit.is_resource()),
                Command::Net { unit, .. } => unit.is_resource(),
                Command::Charge { unit, .. } => !unit.is_resource(),
                _ => false,
            },
        );
        say(Code::Scale, matches!(command, Command::OpenUnit { scale, .. } if *scale > 18));
        if let Command::SetCap { cap, max, soft } = command {
            let above = soft.is_some_and(|soft| max.is_none_or(|max| soft > max));
            say(Code::CapTerms, cap.window_ms == Some(0) || above);
        }
        if let [a, b] = &named[..] {
            let hold = matches!(command, Command::Hold { .. });
            say(Code::Mismatch, a.unit != b.unit || (hold && a.scope != b.scope));
        }
        if let Command::Hold { deadline, .. } = command {
            say(Code::Deadline, *deadline <= time || *deadline - time > limits::HOLD_AHEAD_MS_MAX);
        }
        say(Code::Unauthorised, !context.runtime && !allowed(command, context));
        let between = match command {
            Command::Transfer { from, to, .. } if from.scope != to.scope => Some((from.scope, to.scope)),
            Command::Net { a, b, .. } => Some((*a, *b)),
            _ => None,
        };
        let deals = |a, b| context.consents.contains(&(a, b));
        let asked = part.is_none();
        say(Code::NoConsent, asked && between.is_some_and(|(a, b)| !deals(a, b) || !deals(b, a)));
        for scope in &scopes {
            let due = self.holds.iter().filter(|((of, _), hold)| of == scope && hold.deadline <= time);
            let first = due.map(|((_, id), hold)| (hold.deadline, *id)).min();
            let told =
                matches!(command, Command::Expire { id, .. } if first.map(|(_, due)| due) == Some(*id));
            say(Code::ExpiryMissing, first.is_some() && !told);
        }
        let ours = |scope: &Did| part.is_none_or(|part| part == *scope);
        let named: Vec<AccountId> = named.into_iter().filter(|account| ours(&account.scope)).collect();
        let of_unit: Vec<(Did, Unit)> = match command {
            Command::Net { a, b, unit } => vec![(*a, unit.clone()), (*b, unit.clone())],
            _ => named.iter().map(|account| (account.scope, account.unit.clone())).collect(),
        };
        let unknown = of_unit.iter().any(|(scope, unit)| ours(scope) && !self.knows(*scope, unit));
        say(Code::UnknownUnit, unknown && !context.runtime);
        if let Command::SetCap { cap, .. } = command {
            say(Code::UnknownUnit, !self.knows(cap.scope, &cap.unit));
        }
        say(
            Code::UnitExists,
            matches!(command, Command::OpenUnit { scope, unit, .. } if self.knows(*scope, unit)),
        );
        if let (Some((a, b)), Some((_, unit))) = (between, of_unit.first()) {
            say(Code::ScaleDiffers, part.is_none() && self.scale(a, unit) != self.scale(b, unit));
        }
        let missing = named.iter().any(|account| !self.open.contains(account));
        let opens = matches!(command, Command::Open { .. });
        say(Code::UnknownAccount, missing && !opens && !context.runtime);
        say(Code::AccountExists, opens && !missing && !self.closed.contains(&named[0]));
        self.hold_codes(command, context, &mut say);
        let mut pairs = self.pairs(command);
        pairs.retain(|[account, _]| ours(&account.scope));
        // An account that is not there is neither closed nor frozen.
        let mut stopped: Vec<AccountId> = pairs.iter().flatten().cloned().collect();
        if let Command::Close { .. }
        | Command::Freeze { .. }
        | Command::Unfreeze { .. }
        | Command::SetLimits { .. } = command
        {
            say(Code::Closed, self.closed.contains(&named[0]));
        }
        say(Code::Closed, stopped.iter().any(|account| self.closed.contains(account)));
        if let Command::Settle { scope, id, .. } = command
            && let Some(hold) = self.holds.get(&(*scope, *id))
        {
            let side = |owner: &Owner| Self::account(*scope, owner.clone(), &hold.unit);
            stopped.extend([side(&hold.from), side(&hold.to)]);
        }
        say(Code::Frozen, stopped.iter().any(|account| self.frozen.contains(account)));
        let caps = |scope: &Did| self.caps.keys().filter(|key| key.scope == *scope).count();
        if let Command::SetCap { cap, max: Some(_), .. } = command {
            say(Code::TooManyCaps, !self.caps.contains_key(cap) && caps(&cap.scope) >= limits::CAPS_MAX);
        }
        if let Command::SetLimits { account, limits } = command {
            let limits = Some(*limits);
            say(Code::LimitBroken, !self.covers(account, 0, limits) || !self.has_room(account, 0, limits));
        }
        if let Some(amount) = amount.filter(|_| !matches!(command, Command::Settle { .. })) {
            let spends = match command {
                Command::Burn { .. } | Command::Transfer { .. } | Command::Hold { .. } => true,
                Command::Charge { refund, .. } => !refund && !context.actor.rules(),
                _ => false,
            };
            let payer = match command {
                Command::Transfer { from, .. } => ours(&from.scope),
                _ => true,
            };
            if let ([[from, _], ..], true) = (&pairs[..], spends && payer) {
                say(Code::CapPassed, self.passes_a_cap(from, amount, context));
            }
            say(Code::Insufficient, pairs.iter().any(|[from, _]| !self.covers(from, amount, None)));
            say(Code::BalanceMax, pairs.iter().any(|[_, to]| !self.has_room(to, amount, None)));
        }
        if let Command::Net { a, b, unit } = command {
            say(Code::NothingToNet, self.nets(*a, *b, unit, part) == 0);
        }
        codes
    }

    fn hold_codes(&self, command: &Command, context: &Context, say: &mut impl FnMut(Code, bool)) {
        match command {
            Command::Hold { id, from, .. } => {
                say(Code::HoldExists, self.holds.contains_key(&(from.scope, *id)));
                let open = self.holds.keys().filter(|(scope, _)| *scope == from.scope).count();
                say(Code::TooManyHolds, open >= limits::HOLDS_OPEN_MAX);
            }
            Command::Settle { scope, id, .. }
            | Command::Void { scope, id, .. }
            | Command::Expire { scope, id } => {
                let Some(hold) = self.holds.get(&(*scope, *id)) else { return say(Code::UnknownHold, true) };
                match command {
                    Command::Expire { .. } => say(Code::NotDue, hold.deadline > context.time),
                    Command::Settle { by, amount, .. } => {
                        say(Code::NotPlacer, hold.by != *by);
                        say(Code::OverSettled, amount.is_some_and(|amount| amount > hold.amount));
                    }
                    Command::Void { by, .. } => say(Code::NotPlacer, hold.by != *by),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn covers(&self, id: &AccountId, amount: u64, limits: Option<Limits>) -> bool {
        let limits = limits.or_else(|| self.limits.get(id).copied()).unwrap_or_default();
        let goes = self.debited(id) + self.held_debits(id) + u128::from(amount);
        id.owner == Owner::Issuance || goes <= self.credited(id) + u128::from(limits.credit)
    }

    fn has_room(&self, id: &AccountId, amount: u64, limits: Option<Limits>) -> bool {
        let limits = limits.or_else(|| self.limits.get(id).copied()).unwrap_or_default();
        let comes = self.credited(id) + self.held_credits(id) + u128::from(amount);
        limits.balance_max.is_none_or(|max| comes <= self.debited(id) + u128::from(max))
    }

    fn passes_a_cap(&self, from: &AccountId, amount: u64, context: &Context) -> bool {
        use icn_core::block::Level;
        let actor = &context.actor;
        self.caps.iter().any(|(key, (max, ..))| {
            let binds = match &key.level {
                Level::Member(member) => actor.member == Some(*member),
                Level::Module(module) => actor.module == Some(*module),
                Level::Role(role) => actor.roles.contains(role),
                Level::Scope => true,
            };
            let used = u128::from(self.used(key, context.time));
            (key.scope, &key.unit) == (from.scope, &from.unit)
                && binds
                && used + u128::from(amount) > u128::from(*max)
        })
    }
}

/// Whether the actor has the rights that a command asks for.
fn allowed(command: &Command, context: &Context) -> bool {
    let has = |scope: &Did, right: Right| context.rights.contains(&(*scope, right));
    let own = |owner: &Owner| match owner {
        Owner::Member(member) => context.actor.member == Some(*member),
        Owner::Module(module) => context.actor.module == Some(*module),
        _ => false,
    };
    let debits = |id: &AccountId| match id.owner {
        Owner::Treasury => has(&id.scope, Right::Treasury),
        Owner::Name(_) => has(&id.scope, Right::Admin),
        _ => own(&id.owner),
    };
    match command {
        Command::Issue { .. } | Command::Charge { .. } => false,
        Command::Expire { .. } => true,
        Command::OpenUnit { scope, .. } | Command::SetCap { cap: CapKey { scope, .. }, .. } => {
            has(scope, Right::Admin)
        }
        Command::Open { account }
        | Command::Close { account }
        | Command::Freeze { account }
        | Command::Unfreeze { account }
        | Command::SetLimits { account, .. } => has(&account.scope, Right::Admin),
        Command::Mint { to, .. } => has(&to.scope, Right::Mint),
        Command::Burn { from, .. } => has(&from.scope, Right::Mint) && debits(from),
        Command::Transfer { from, .. } => has(&from.scope, Right::Transfer) && debits(from),
        Command::Hold { from, by, .. } => has(&from.scope, Right::Transfer) && debits(from) && own(by),
        Command::Settle { scope, by, .. } | Command::Void { scope, by, .. } => {
            has(scope, Right::Transfer) && own(by)
        }
        Command::Net { a, b, .. } => has(a, Right::Admin) || has(b, Right::Admin),
    }
}
