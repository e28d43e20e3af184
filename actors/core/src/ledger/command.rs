//! What can be asked of the ledger.

use super::account::{AccountId, AccountNo, Limits};
use super::cap::{CapKey, Warning};
use crate::id::{BlockId, Bytes, Did, HoldId, Owner, Unit};

/// A client's name for a group, once for ever in its scope.
pub type CommandId = Bytes<16>;

/// One command. Amounts are 1 to 2^63 - 1.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Opens a token with so many decimal places, and its issuance account.
    OpenUnit {
        /// Where.
        scope: Did,
        /// The token.
        unit: Unit,
        /// Decimal places.
        scale: u8,
    },
    /// Opens an account; one that is closed is open again.
    Open {
        /// Which.
        account: AccountId,
    },
    /// Closes an account: from now on only holds that exist may end.
    Close {
        /// Which.
        account: AccountId,
    },
    /// Freezes an account: nothing moves but what returns.
    Freeze {
        /// Which.
        account: AccountId,
    },
    /// Ends that.
    Unfreeze {
        /// Which.
        account: AccountId,
    },
    /// Says how far an account may go.
    SetLimits {
        /// Which.
        account: AccountId,
        /// From now on.
        limits: Limits,
    },
    /// Books what a policy issues when its scope is opened, resources too. The runtime's own.
    Issue {
        /// Who gets it.
        to: AccountId,
        /// How much.
        amount: u64,
    },
    /// Makes units of a token.
    Mint {
        /// Who gets them.
        to: AccountId,
        /// How many.
        amount: u64,
    },
    /// Unmakes units of a token.
    Burn {
        /// Who had them.
        from: AccountId,
        /// How many.
        amount: u64,
    },
    /// Moves units; between two scopes when the accounts are of two.
    Transfer {
        /// Who is debited.
        from: AccountId,
        /// Who is credited.
        to: AccountId,
        /// How much.
        amount: u64,
    },
    /// Sets units aside to be moved.
    Hold {
        /// The hold's name.
        id: HoldId,
        /// Who is debited when it is settled.
        from: AccountId,
        /// Who is credited when it is settled.
        to: AccountId,
        /// How much.
        amount: u64,
        /// From this time on it is over.
        deadline: u64,
        /// The module or member that places it and alone may end it.
        by: Owner,
    },
    /// Moves what is held; what is not moved returns.
    Settle {
        /// Where.
        scope: Did,
        /// Which hold.
        id: HoldId,
        /// How much; none for all of it.
        amount: Option<u64>,
        /// Who ends it.
        by: Owner,
    },
    /// Returns all that is held.
    Void {
        /// Where.
        scope: Did,
        /// Which hold.
        id: HoldId,
        /// Who ends it.
        by: Owner,
    },
    /// Records that a hold is past its deadline: all returns.
    Expire {
        /// Where.
        scope: Did,
        /// Which hold.
        id: HoldId,
    },
    /// Sets a cap, or removes it.
    SetCap {
        /// Which.
        cap: CapKey,
        /// How much may be spent; none removes the cap.
        max: Option<u64>,
        /// From where on it warns.
        soft: Option<u64>,
    },
    /// Sets off what two scopes owe each other.
    Net {
        /// One.
        a: Did,
        /// The other.
        b: Did,
        /// In which unit.
        unit: Unit,
    },
    /// Books a resource that was consumed, or is free again. The runtime's own.
    Charge {
        /// Whose.
        scope: Did,
        /// Which resource.
        unit: Unit,
        /// How much.
        amount: u64,
        /// Whether it is free again.
        refund: bool,
    },
}

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

/// Who asks. Whoever calls the machine knows it from a signature and a policy, and never from a guest's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Actor {
    /// The member whose key signed.
    pub member: Option<Did>,
    /// The module that runs.
    pub module: Option<BlockId>,
    /// The roles that the member holds.
    pub roles: Vec<String>,
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

impl Actor {
    /// A member, in a module.
    #[must_use]
    pub const fn new(member: Did, module: BlockId, roles: Vec<String>) -> Self {
        Self { member: Some(member), module: Some(module), roles }
    }
    /// Whether it is an administrator who rules ([`crate::ruling`]): what a ruling consumes counts against no cap.
    #[must_use]
    pub fn rules(&self) -> bool {
        self.module.as_ref().is_some_and(crate::ruling::is_of_ledger)
    }
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

/// What became of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its place among the groups of its scope, from 1.
    pub seq: u64,
    /// When it was applied.
    pub time: u64,
    /// How much each command moved.
    pub moved: Vec<u64>,
    /// Whether it had been applied before: then this is what was answered then, and nothing happened now.
    pub repeated: bool,
    /// What happened now.
    pub events: Vec<Event>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A unit was opened.
    UnitOpened(Did, Unit, u8),
    /// An account was opened, or opened again.
    Opened(AccountNo),
    /// An account was closed.
    Closed(AccountNo),
    /// An account was frozen.
    Frozen(AccountNo),
    /// An account was freed.
    Unfrozen(AccountNo),
    /// An account has other limits.
    LimitsSet(AccountNo, Limits),
    /// Units moved from the first account to the second.
    Posted(AccountNo, AccountNo, u64),
    /// Units were set aside to move.
    Held(AccountNo, AccountNo, u64),
    /// Units that were set aside returned to the first account: a rest, or a hold that was voided.
    Returned(AccountNo, AccountNo, u64),
    /// Units that were set aside returned because their time was over.
    Expired(AccountNo, AccountNo, u64),
    /// A cap was set, or removed.
    CapSet(CapKey, Option<u64>),
    /// A soft threshold was passed.
    Warned(Warning),
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

    /// Whether it is one with which an administrator rules over this scope's tokens, or caps its resources.
    #[must_use]
    pub fn rules(&self, scope: &Did) -> bool {
        match self {
            Self::OpenUnit { scope: of, unit, .. } => of == scope && !unit.is_resource(),
            Self::Open { account }
            | Self::Close { account }
            | Self::Freeze { account }
            | Self::Unfreeze { account }
            | Self::SetLimits { account, .. } => account.scope == *scope && !account.unit.is_resource(),
            Self::SetCap { cap, .. } => cap.scope == *scope,
            Self::Net { a, b, unit } => a == scope && b != scope && !unit.is_resource(),
            _ => false,
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OpenUnit { .. } => "open_unit",
            Self::Open { .. } => "open",
            Self::Close { .. } => "close",
            Self::Freeze { .. } => "freeze",
            Self::Unfreeze { .. } => "unfreeze",
            Self::SetLimits { .. } => "set_limits",
            Self::Issue { .. } => "issue",
            Self::Mint { .. } => "mint",
            Self::Burn { .. } => "burn",
            Self::Transfer { .. } => "transfer",
            Self::Hold { .. } => "hold",
            Self::Settle { .. } => "settle",
            Self::Void { .. } => "void",
            Self::Expire { .. } => "expire",
            Self::SetCap { .. } => "set_cap",
            Self::Net { .. } => "net",
            Self::Charge { .. } => "charge",
        }
    }
}
