//! Commands to the ledger, and the words they are made of. Some commands are also operations of a ruling. This file
//! only says what a command is; the ledger decides whether it applies.

use crate::name::{AccountId, BlockId, Did, HoldId, Owner, Unit};

/// One command. Amounts are 1 to 2^63 - 1.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Opens a token and its issuance account.
    OpenUnit {
        /// The scope.
        scope: Did,
        /// The token.
        unit: Unit,
        /// The number of decimal places.
        scale: u8,
    },
    /// Opens an account. A closed account is opened again.
    Open {
        /// The name of it.
        account: AccountId,
    },
    /// Closes an account. From then on only existing holds may end in it.
    Close {
        /// The name of it.
        account: AccountId,
    },
    /// Freezes an account. From then on only returning units may move.
    Freeze {
        /// The name of it.
        account: AccountId,
    },
    /// Ends the freeze of an account.
    Unfreeze {
        /// The name of it.
        account: AccountId,
    },
    /// Sets the limits of an account's balance.
    SetLimits {
        /// The name of it.
        account: AccountId,
        /// The limits that hold from now on.
        limits: Limits,
    },
    /// Books the units and resources that a policy issues when its scope is opened. Only the runtime uses it.
    Issue {
        /// The account that is credited.
        to: AccountId,
        /// The amount.
        amount: u64,
    },
    /// Mints units of a token.
    Mint {
        /// The account that is credited.
        to: AccountId,
        /// The amount.
        amount: u64,
    },
    /// Burns units of a token.
    Burn {
        /// The account that is debited.
        from: AccountId,
        /// The amount.
        amount: u64,
    },
    /// Transfers units. The two accounts may belong to two scopes.
    Transfer {
        /// The account that is debited.
        from: AccountId,
        /// The account that is credited.
        to: AccountId,
        /// The amount.
        amount: u64,
    },
    /// Places a hold: sets units aside for a later transfer.
    Hold {
        /// The hold's name.
        id: HoldId,
        /// The account that is debited at settlement.
        from: AccountId,
        /// The account that is credited at settlement.
        to: AccountId,
        /// The amount.
        amount: u64,
        /// The deadline in milliseconds since the Unix epoch. From then on the hold is over.
        deadline: u64,
        /// The module or member that places the hold. Nobody else may end it.
        by: Owner,
    },
    /// Settles a hold: transfers the amount, and returns the rest to the payer.
    Settle {
        /// The scope.
        scope: Did,
        /// The hold.
        id: HoldId,
        /// The amount to transfer; `None` for all of it.
        amount: Option<u64>,
        /// The module or member that ends it.
        by: Owner,
    },
    /// Voids a hold: returns all of it to the payer.
    Void {
        /// The scope.
        scope: Did,
        /// The hold.
        id: HoldId,
        /// The module or member that ends it.
        by: Owner,
    },
    /// Records that a hold is past its deadline, and returns all of it to the payer.
    Expire {
        /// The scope.
        scope: Did,
        /// The hold.
        id: HoldId,
    },
    /// Sets a cap, or removes it.
    SetCap {
        /// The name of it.
        cap: CapKey,
        /// The amount that may be spent; `None` removes the cap.
        max: Option<u64>,
        /// The spent amount from which on the monitor is warned.
        soft: Option<u64>,
    },
    /// Nets the debts of two scopes to each other.
    Net {
        /// One scope.
        a: Did,
        /// The other scope.
        b: Did,
        /// The unit of the debts.
        unit: Unit,
    },
    /// Books a resource that was consumed or freed. Only the runtime uses it.
    Charge {
        /// The scope that consumed it.
        scope: Did,
        /// The resource.
        unit: Unit,
        /// The amount.
        amount: u64,
        /// Whether the resource was freed instead of consumed.
        refund: bool,
    },
}

impl Command {
    /// Whether an administrator of this scope may use it in a ruling: it acts on the scope's tokens or caps its
    /// resources.
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

    /// The name of the command in reports.
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

/// The limits of an account's balance, at most 2^63 - 1 each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The credit limit: how far the balance may go below zero.
    pub credit: u64,
    /// How far the balance may go above zero; `None` for no limit.
    pub balance_max: Option<u64>,
}

/// The level that a cap binds. Caps are checked in the order of the variants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Level {
    /// One member.
    Member(Did),
    /// One module, for all its callers together.
    Module(BlockId),
    /// All holders of a role together.
    Role(String),
    /// The whole scope.
    Scope,
}

/// Names a cap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapKey {
    /// The whole scope.
    pub scope: Did,
    /// The unit.
    pub unit: Unit,
    /// The level that the cap binds.
    pub level: Level,
    /// The length of the windows in milliseconds; `None` counts everything ever spent.
    pub window_ms: Option<u64>,
}

impl CapKey {
    /// The number of the window that a time (milliseconds since the Unix epoch) falls into.
    #[must_use]
    pub fn window(&self, time: u64) -> u64 {
        self.window_ms.map_or(0, |ms| time / ms.max(1))
    }
}
