//! Whether the actor has a right to a command, and both scopes consent.

use super::code::{LedgerCode as Code, Verdict, refuse};
use super::group::{Context, Right};
use crate::block::{CapKey, Command};
use crate::name::{AccountId, Did, Owner};

/// A command that an actor asks for.
struct Asked<'a> {
    command: &'a Command,
    context: &'a Context,
}

impl Asked<'_> {
    fn needs(&self, scope: &Did, right: Right) -> Verdict {
        if self.context.has(scope, right) {
            return Ok(());
        }
        let name = self.command.name();
        refuse(Code::Unauthorised, format!("{name} asks for the right {right:?} in {scope}"))
    }

    fn is_actor(&self, owner: &Owner) -> bool {
        match owner {
            Owner::Member(member) => self.context.actor.member == Some(*member),
            Owner::Module(module) => self.context.actor.module == Some(*module),
            _ => false,
        }
    }

    /// Whether the actor may debit an account, beside the right to the command.
    fn debits(&self, from: &AccountId) -> Verdict {
        match &from.owner {
            Owner::Treasury => self.needs(&from.scope, Right::Treasury),
            Owner::Name(_) => self.needs(&from.scope, Right::Admin),
            owner if self.is_actor(owner) => Ok(()),
            _ => refuse(Code::Unauthorised, format!("{from} is not the actor's account")),
        }
    }

    /// Whether the actor is who places or ends a hold.
    fn places(&self, by: &Owner) -> Verdict {
        if self.is_actor(by) {
            return Ok(());
        }
        refuse(Code::Unauthorised, format!("`{by}` is not the actor"))
    }
}

impl Command {
    /// Whether the actor has a right to it. Whose account is debited is decided by who asks, and by nothing that a guest
    /// says.
    pub(super) fn rights(&self, context: &Context) -> Verdict {
        if context.runtime {
            return Ok(());
        }
        let asked = Asked { command: self, context };
        match self {
            Self::Issue { .. } | Self::Charge { .. } => {
                refuse(Code::Unauthorised, format!("{} is the runtime's own", self.name()))
            }
            Self::OpenUnit { scope, .. } | Self::SetCap { cap: CapKey { scope, .. }, .. } => {
                asked.needs(scope, Right::Admin)
            }
            Self::Open { account }
            | Self::Close { account }
            | Self::Freeze { account }
            | Self::Unfreeze { account }
            | Self::SetLimits { account, .. } => asked.needs(&account.scope, Right::Admin),
            Self::Mint { to, .. } => asked.needs(&to.scope, Right::Mint),
            Self::Burn { from, .. } => {
                asked.needs(&from.scope, Right::Mint).and_then(|()| asked.debits(from))
            }
            Self::Transfer { from, .. } => {
                asked.needs(&from.scope, Right::Transfer).and_then(|()| asked.debits(from))
            }
            Self::Hold { from, by, .. } => asked
                .needs(&from.scope, Right::Transfer)
                .and_then(|()| asked.debits(from))
                .and_then(|()| asked.places(by)),
            Self::Settle { scope, by, .. } | Self::Void { scope, by, .. } => {
                asked.needs(scope, Right::Transfer).and_then(|()| asked.places(by))
            }
            // A fact about the time, whoever states it.
            Self::Expire { .. } => Ok(()),
            Self::Net { a, b, .. } => asked.needs(a, Right::Admin).or_else(|_| asked.needs(b, Right::Admin)),
        }
    }

    /// Whether the policies of both scopes deal with each other, of a command between two.
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
