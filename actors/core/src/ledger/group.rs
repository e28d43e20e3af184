//! Groups of commands, and the context in which they are decided.
//!
//! A decision depends on the books, the group and the [`Context`], and on nothing else: no clock, no guest's
//! word about who it is.

use super::actor::Actor;
use crate::block::Command;
use crate::name::{Bytes, Did};

/// A client's id for a group. It is given once in its scope, for ever.
pub type CommandId = Bytes<16>;

/// Commands that are applied together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The client's id. `None` for a group that has another unique name, as a receipt has its invocation's.
    pub id: Option<CommandId>,
    /// The scope in which the id is unique.
    pub scope: Did,
    /// The commands, in their order.
    pub commands: Vec<Command>,
}

/// A right that a scope's policy gives an actor.
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

/// Everything besides the books and the group on which a decision depends.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The recorded time, in milliseconds since the Unix epoch.
    pub time: u64,
    /// Who asks.
    pub actor: Actor,
    /// The rights that the policies of scopes give the actor.
    pub rights: Vec<(Did, Right)>,
    /// Pairs of a scope and another scope with which its policy deals.
    pub consents: Vec<(Did, Did)>,
    /// Only the part of this scope is booked of a command between two scopes. A block of the other scope
    /// books the other part. Consent and equal decimal places were decided before.
    pub part: Option<Did>,
    /// Whether the runtime itself asks. Its commands were authorised before, and accounts and units come into
    /// being as they are named.
    pub runtime: bool,
    /// The reason, for the audit.
    pub reason: String,
}

impl Context {
    /// The context of the runtime itself, at a time.
    #[must_use]
    pub fn runtime(time: u64) -> Self {
        Self { time, runtime: true, ..Self::default() }
    }
    /// The scope whose part of a command between these two is booked. `None` if both parts are.
    pub(super) fn part_of(&self, a: Did, b: Did) -> Option<Did> {
        self.part.filter(|part| a != b && [a, b].contains(part))
    }
    /// Whether the actor has a right in a scope.
    pub(super) fn has(&self, scope: &Did, right: Right) -> bool {
        self.runtime || self.rights.contains(&(*scope, right))
    }
}

impl Command {
    /// The scopes that the command touches in this context, which may book only one part of it.
    pub(super) fn scopes_of_part(&self, context: &Context) -> (Did, Option<Did>) {
        debug_assert_ne!(self.scopes().1, Some(self.scopes().0), "a second scope is another one");
        match self.scopes() {
            (first, Some(second)) => match context.part_of(first, second) {
                Some(part) => (part, None),
                None => (first, Some(second)),
            },
            one => one,
        }
    }

    /// The scopes that the command touches.
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
