//! Whether the actor has a right to a command, and both scopes consent.

use super::code::{LedgerCode as Code, Verdict, refuse};
use super::group::{Context, Right};
use crate::block::{CapKey, Command};
use crate::name::{AccountId, Did, Owner};

impl Command {
    /// Whether the actor has a right to it, and both scopes consent. Whose account is debited is decided by who asks,
    /// and by nothing that a guest says.
    pub(super) fn rights(&self, context: &Context) -> Verdict {
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

    pub(super) fn consents(&self, context: &Context) -> Verdict {
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
