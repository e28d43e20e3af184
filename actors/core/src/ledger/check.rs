//! What can be decided about a command from its own words, its context and the scope's time.
//!
//! These are the first codes, in their order: from [`Code::TimeBackwards`] to [`Code::ExpiryMissing`]. What
//! depends on units, accounts and holds is decided later, in `step.rs`. Nothing here changes anything.

use super::cap::Caps;
use super::code::LedgerCode as Code;
use super::group::{Context, Right};
use super::machine::Ledger;
use super::refusal::{Verdict, refuse};
use crate::block::{CapKey, Command, Limits};
use crate::limits;
use crate::name::{AccountId, Did, Owner};

/// Checks an amount that is moved.
fn amount(amount: u64) -> Verdict {
    if amount == 0 || i64::try_from(amount).is_err() {
        return refuse(Code::Amount, format!("an amount of {amount} where 1 to 2^63 - 1 are allowed"));
    }
    Ok(())
}

/// Checks a limit, which may be zero.
fn bound(limit: Option<u64>) -> Verdict {
    match limit {
        Some(limit) if i64::try_from(limit).is_err() => {
            refuse(Code::Amount, format!("a limit of {limit} where at most 2^63 - 1 is allowed"))
        }
        _ => Ok(()),
    }
}

/// Checks that commands may move an account: not an issuance, and not what two scopes owe each other.
pub(super) fn movable(owner: &Owner) -> Verdict {
    if owner.is_moved_by_the_runtime_alone() {
        return refuse(Code::Reserved, format!("the account `{owner}` is moved by the runtime alone"));
    }
    Ok(())
}

/// Checks that an administrator may open, close, freeze or limit an account.
fn administered(owner: &Owner) -> Verdict {
    match owner {
        Owner::Issuance | Owner::Consumed | Owner::Hold(_) => {
            refuse(Code::Reserved, format!("the account `{owner}` is the runtime's own"))
        }
        _ => Ok(()),
    }
}

/// Checks that an account's unit is a token.
pub(super) fn token(account: &AccountId) -> Verdict {
    if account.unit.is_resource() {
        return refuse(Code::Resource, format!("`{}` is a resource, which no transfer moves", account.unit));
    }
    Ok(())
}

const _: () = {
    assert!(limits::HOLD_AHEAD_MS_MAX > 0, "a hold may have a deadline");
    assert!(10u64.pow(limits::UNIT_SCALE_MAX as u32) <= i64::MAX as u64, "one whole unit is a valid amount");
    assert!((Code::TimeBackwards as u8) < Code::Amount as u8, "the time is checked before the amounts");
    assert!((Code::Amount as u8) < Code::SameAccount as u8, "amounts are checked before owners");
    assert!((Code::Reserved as u8) < Code::Resource as u8, "owners are checked before units");
    assert!((Code::CapTerms as u8) < Code::Mismatch as u8, "units are checked before terms");
    assert!((Code::Deadline as u8) < Code::Unauthorised as u8, "terms are checked before rights");
    assert!((Code::Unauthorised as u8) < Code::NoConsent as u8, "rights are checked before consent");
    assert!((Code::NoConsent as u8) < Code::ExpiryMissing as u8, "consent is checked before due holds");
    assert!((Code::ExpiryMissing as u8) < Code::UnknownUnit as u8, "words are checked before the books");
};

impl Command {
    /// [`Code::Amount`].
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

    /// [`Code::SameAccount`] and [`Code::Reserved`].
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
            | Self::SetLimits { account, .. } => administered(&account.owner),
            _ => Ok(()),
        }
    }

    /// [`Code::Resource`], [`Code::Scale`] and [`Code::CapTerms`].
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

    /// [`Code::Mismatch`] and [`Code::Deadline`].
    fn terms(&self, time: u64) -> Verdict {
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

    /// [`Code::Unauthorised`]: whether the actor has a right to the command. Whose account may be debited
    /// depends on who asks, and on nothing that a guest says.
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
            // That a deadline is over is a fact, whoever states it.
            Self::Expire { .. } => Ok(()),
            Self::Net { a, b, .. } => needs(a, Right::Admin).or_else(|_| needs(b, Right::Admin)),
        }
    }

    /// [`Code::NoConsent`]: whether the policies of both scopes deal with each other.
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
    /// All codes up to [`Code::ExpiryMissing`], in their order.
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
        command.terms(context.time)?;
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
