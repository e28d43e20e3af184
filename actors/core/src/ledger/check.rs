//! What of a command can be judged from its own words, its context and the scope's time: the first codes in the
//! order. What depends on units, accounts and holds is in `step.rs`.

use super::cap::Caps;
use super::code::{LedgerCode as Code, Verdict, refuse};
use super::group::{Context, Right};
use super::machine::Ledger;
use crate::block::{CapKey, Command, Limits};
use crate::limits::{self};
use crate::name::{AccountId, Did, Owner};

/// An amount that is moved.
///
/// Format: docs/formats.md, "The ledger".
fn amount(amount: u64) -> Verdict {
    if amount == 0 || i64::try_from(amount).is_err() {
        return refuse(Code::Amount, format!("an amount of {amount} where 1 to 2^63 - 1 are allowed"));
    }
    Ok(())
}

/// A limit: it may be zero.
fn bound(limit: Option<u64>) -> Verdict {
    match limit {
        Some(limit) if i64::try_from(limit).is_err() => {
            refuse(Code::Amount, format!("a limit of {limit} where at most 2^63 - 1 is allowed"))
        }
        _ => Ok(()),
    }
}

/// An account that commands move: neither where units come from and go, nor what two scopes owe each other.
pub(super) fn movable(owner: &Owner) -> Verdict {
    if owner.is_moved_by_the_runtime_alone() {
        return refuse(Code::Reserved, format!("the account `{owner}` is moved by the runtime alone"));
    }
    Ok(())
}

/// An account that an administrator rules.
fn ruled(owner: &Owner) -> Verdict {
    match owner {
        Owner::Issuance | Owner::Consumed | Owner::Hold(_) => {
            refuse(Code::Reserved, format!("the account `{owner}` is the runtime's own"))
        }
        _ => Ok(()),
    }
}

pub(super) fn token(account: &AccountId) -> Verdict {
    if account.unit.is_resource() {
        return refuse(Code::Resource, format!("`{}` is a resource, which no transfer moves", account.unit));
    }
    Ok(())
}

impl Command {
    fn amounts(&self) -> Verdict {
        match self {
            Self::Issue { amount: n, .. }
            | Self::Mint { amount: n, .. }
            | Self::Burn { amount: n, .. }
            | Self::Transfer { amount: n, .. }
            | Self::Hold { amount: n, .. }
            | Self::Settle { amount: Some(n), .. }
            | Self::Charge { amount: n, .. } => amount(*n),
            Self::SetLimits { limits: Limits { credit, balance_max }, .. } => {
                bound(Some(*credit)).and_then(|()| bound(*balance_max))
            }
            Self::SetCap { max, soft, .. } => bound(*max).and_then(|()| bound(*soft)),
            _ => Ok(()),
        }
    }

    fn owners(&self) -> Verdict {
        match self {
            Self::Transfer { from, to, .. } | Self::Hold { from, to, .. } if from == to => {
                refuse(Code::SameAccount, format!("{from} on both sides"))
            }
            Self::Net { a, b, .. } if a == b => refuse(Code::SameAccount, format!("{a} on both sides")),
            Self::Transfer { from, to, .. } | Self::Hold { from, to, .. } => {
                movable(&from.owner).and_then(|()| movable(&to.owner))
            }
            Self::Issue { to: account, .. }
            | Self::Mint { to: account, .. }
            | Self::Burn { from: account, .. } => movable(&account.owner),
            Self::Open { account }
            | Self::Close { account }
            | Self::Freeze { account }
            | Self::Unfreeze { account }
            | Self::SetLimits { account, .. } => ruled(&account.owner),
            _ => Ok(()),
        }
    }

    fn units(&self) -> Verdict {
        match self {
            Self::Mint { to: account, .. } | Self::Burn { from: account, .. } => token(account),
            Self::Transfer { from, to, .. } | Self::Hold { from, to, .. } => {
                token(from).and_then(|()| token(to))
            }
            Self::Net { unit, .. } if unit.is_resource() => {
                refuse(Code::Resource, format!("`{unit}` is a resource, which scopes do not owe each other"))
            }
            Self::Charge { unit, .. } if !unit.is_resource() => {
                refuse(Code::Resource, format!("`{unit}` is a token, and only resources are charged"))
            }
            Self::OpenUnit { scale, .. } if *scale > limits::UNIT_SCALE_MAX => {
                let max = limits::UNIT_SCALE_MAX;
                refuse(Code::Scale, format!("{scale} decimal places where at most {max} are allowed"))
            }
            Self::SetCap { cap, max, soft } => Caps::check_terms(cap, *max, *soft),
            _ => Ok(()),
        }
    }

    fn fit(&self, time: u64) -> Verdict {
        match self {
            Self::Transfer { from, to, .. } | Self::Hold { from, to, .. } if from.unit != to.unit => {
                refuse(Code::Mismatch, format!("{} is moved to {}", from.unit, to.unit))
            }
            Self::Hold { from, to, .. } if from.scope != to.scope => {
                refuse(Code::Mismatch, "a hold over two scopes: it has both of its accounts in one")
            }
            Self::Hold { deadline, .. } => {
                let ahead = deadline.saturating_sub(time);
                if ahead == 0 || ahead > limits::HOLD_AHEAD_MS_MAX {
                    let max = limits::HOLD_AHEAD_MS_MAX;
                    let what = format!(
                        "a deadline at {deadline} where the time is {time}: expected after it, and at most {max} ms ahead"
                    );
                    return refuse(Code::Deadline, what);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the actor has a right to it, and both scopes consent. Whose account is debited is decided by who asks,
    /// and by nothing that a guest says.
    fn rights(&self, context: &Context) -> Verdict {
        if context.runtime {
            return Ok(());
        }
        let actor = &context.actor;
        let needs = |scope: &Did, right: Right| {
            if context.has(scope, right) {
                return Ok(());
            }
            refuse(Code::Unauthorised, format!("{} asks for the right {right:?} in {scope}", self.name()))
        };
        let is_actor = |owner: &Owner| match owner {
            Owner::Member(member) => actor.member == Some(*member),
            Owner::Module(module) => actor.module == Some(*module),
            _ => false,
        };
        let debits = |from: &AccountId| match &from.owner {
            Owner::Treasury => needs(&from.scope, Right::Treasury),
            Owner::Name(_) => needs(&from.scope, Right::Admin),
            owner if is_actor(owner) => Ok(()),
            _ => refuse(Code::Unauthorised, format!("{from} is not the actor's account")),
        };
        let placer = |by: &Owner| {
            if is_actor(by) {
                return Ok(());
            }
            refuse(Code::Unauthorised, format!("`{by}` is not the actor"))
        };
        match self {
            Self::Issue { .. } | Self::Charge { .. } => {
                refuse(Code::Unauthorised, format!("{} is the runtime's own", self.name()))
            }
            Self::OpenUnit { scope, .. } | Self::SetCap { cap: CapKey { scope, .. }, .. } => {
                needs(scope, Right::Admin)
            }
            Self::Open { account }
            | Self::Close { account }
            | Self::Freeze { account }
            | Self::Unfreeze { account }
            | Self::SetLimits { account, .. } => needs(&account.scope, Right::Admin),
            Self::Mint { to, .. } => needs(&to.scope, Right::Mint),
            Self::Burn { from, .. } => needs(&from.scope, Right::Mint).and_then(|()| debits(from)),
            Self::Transfer { from, .. } => needs(&from.scope, Right::Transfer).and_then(|()| debits(from)),
            Self::Hold { from, by, .. } => {
                needs(&from.scope, Right::Transfer).and_then(|()| debits(from)).and_then(|()| placer(by))
            }
            Self::Settle { scope, by, .. } | Self::Void { scope, by, .. } => {
                needs(scope, Right::Transfer).and_then(|()| placer(by))
            }
            // A fact about the time, whoever states it.
            Self::Expire { .. } => Ok(()),
            Self::Net { a, b, .. } => needs(a, Right::Admin).or_else(|_| needs(b, Right::Admin)),
        }
    }

    fn consents(&self, context: &Context) -> Verdict {
        let (a, b) = match self {
            Self::Transfer { from, to, .. } if from.scope != to.scope => (from.scope, to.scope),
            Self::Net { a, b, .. } => (*a, *b),
            _ => return Ok(()),
        };
        if context.part_of(a, b).is_some() {
            return Ok(());
        }
        for (scope, other) in [(a, b), (b, a)] {
            if !context.consents.contains(&(scope, other)) {
                return refuse(Code::NoConsent, format!("the policy of {scope} does not deal with {other}"));
            }
        }
        Ok(())
    }
}

impl Ledger {
    /// Everything up to [`Code::ExpiryMissing`], in its order.
    pub(super) fn check(&self, command: &Command, context: &Context) -> Verdict {
        let (first, second) = command.scopes_of_part(context);
        let scopes = || [Some(first), second].into_iter().flatten();
        for scope in scopes() {
            let last = self.clock(&scope).time;
            if context.time < last {
                let what = format!("the time {} where {last} was recorded for {scope}", context.time);
                return refuse(Code::TimeBackwards, what);
            }
        }
        command.amounts()?;
        command.owners()?;
        command.units()?;
        command.fit(context.time)?;
        command.rights(context)?;
        command.consents(context)?;
        for scope in scopes() {
            let due = self.holds.due(&scope, context.time).next();
            let states_it = matches!(command, Command::Expire { id, .. } if Some(*id) == due);
            if let (Some(due), false) = (due, states_it) {
                let what = format!(
                    "the hold {due} is past its deadline, and recorded as expired before anything else"
                );
                return refuse(Code::ExpiryMissing, what);
            }
        }
        Ok(())
    }
}
