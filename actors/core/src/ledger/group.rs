//! What the ledger is asked, and everything beside the books that decides.

use super::actor::Actor;
use crate::block::Command;
use crate::name::{Bytes, Did};

/// A client's name for a group, once for ever in its scope.
pub type CommandId = Bytes<16>;

/// Commands that apply whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The client's name for it; none for what is named once elsewhere, as a receipt is by its invocation.
    pub id: Option<CommandId>,
    /// The scope in which that name is taken.
    pub scope: Did,
    /// The commands, in their order.
    pub commands: Vec<Command>,
}

/// What a scope's policy allows the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To debit its own accounts: the member's and the module's.
    Transfer,
    /// To debit the treasury too.
    Treasury,
    /// To mint and to burn.
    Mint,
    /// To open, close, freeze and limit accounts, to open units, to set caps, and to debit named accounts.
    Admin,
}

/// Everything beside the books that decides.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The recorded time, in milliseconds since the Unix epoch.
    pub time: u64,
    /// Who asks.
    pub actor: Actor,
    /// What each scope's policy allows it.
    pub rights: Vec<(Did, Right)>,
    /// Pairs of a scope and another that its policy deals with.
    pub consents: Vec<(Did, Did)>,
    /// Of what is between two scopes only this one's part: the other's is booked by a block of its own, and whether
    /// both consent, and have the unit with the same decimal places, was judged before.
    pub part: Option<Did>,
    /// The runtime's own hand: what it does was authorised elsewhere, and accounts and units come into being as
    /// they are named.
    pub runtime: bool,
    /// Why, for the audit.
    pub reason: String,
}

impl Context {
    /// The runtime's own, at a time.
    #[must_use]
    pub fn runtime(time: u64) -> Self {
        Self { time, runtime: true, ..Self::default() }
    }
    /// The one scope whose part of what is between these two is booked; none when both are.
    pub(super) fn part_of(&self, a: Did, b: Did) -> Option<Did> {
        self.part.filter(|part| a != b && [a, b].contains(part))
    }
    pub(super) fn has(&self, scope: &Did, right: Right) -> bool {
        self.runtime || self.rights.contains(&(*scope, right))
    }
}

impl Command {
    /// The scopes that it touches when only this part of it is booked.
    pub(super) fn scopes_of_part(&self, context: &Context) -> (Did, Option<Did>) {
        match self.scopes() {
            (first, Some(second)) => match context.part_of(first, second) {
                Some(part) => (part, None),
                None => (first, Some(second)),
            },
            one => one,
        }
    }

    /// The scopes that it touches.
    pub(super) fn scopes(&self) -> (Did, Option<Did>) {
        match self {
            Self::OpenUnit { scope, .. }
            | Self::Settle { scope, .. }
            | Self::Void { scope, .. }
            | Self::Expire { scope, .. }
            | Self::Charge { scope, .. } => (*scope, None),
            Self::Open { account }
            | Self::Close { account }
            | Self::Freeze { account }
            | Self::Unfreeze { account }
            | Self::SetLimits { account, .. } => (account.scope, None),
            Self::Issue { to: account, .. }
            | Self::Mint { to: account, .. }
            | Self::Burn { from: account, .. } => (account.scope, None),
            Self::Transfer { from, to, .. } | Self::Hold { from, to, .. } => {
                (from.scope, (from.scope != to.scope).then_some(to.scope))
            }
            Self::SetCap { cap, .. } => (cap.scope, None),
            Self::Net { a, b, .. } => (*a, (a != b).then_some(*b)),
        }
    }
}
