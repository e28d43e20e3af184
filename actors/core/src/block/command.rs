//! Commands to the ledger, some of which are words of a ruling.

use crate::name::{AccountId, BlockId, Did, HoldId, Owner, Unit};

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

impl Command {
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

/// How far an account may go; at most 2^63 - 1 each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How far below zero: mutual credit.
    pub credit: u64,
    /// How far above zero; none is without end.
    pub balance_max: Option<u64>,
}

/// Whom a cap binds, in the order in which caps are asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Level {
    /// One member.
    Member(Did),
    /// One module, whoever calls it.
    Module(BlockId),
    /// Each holder of a role, all together.
    Role(String),
    /// The scope.
    Scope,
}

/// Names a cap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapKey {
    /// The scope.
    pub scope: Did,
    /// The unit.
    pub unit: Unit,
    /// Whom it binds.
    pub level: Level,
    /// The windows' length in milliseconds; none counts all that was ever spent.
    pub window_ms: Option<u64>,
}

impl CapKey {
    /// The number of the window of a moment.
    #[must_use]
    pub fn window(&self, time: u64) -> u64 {
        self.window_ms.map_or(0, |ms| time / ms.max(1))
    }
}
