//! The operations of a receipt's journal. A journal only records; the ledger books it, and the fold checks that it
//! follows from the run.

use super::command::Command;
use crate::name::{BlockId, Did, HoldId, Owner, Unit};

/// The memo of tokens that a module consumes. The host writes it; a guest cannot choose it.
pub const USAGE_MEMO: &str = "usage";

/// One operation of a journal.
///
/// Format: docs/formats.md, "Receipt".
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// A transfer. Units from the issuance are minted; units to it are burned.
    Transfer {
        /// The owner that is debited.
        from: Owner,
        /// The owner that is credited.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// The amount.
        amount: u64,
        /// The payer's text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// A transfer to an account of another scope. This scope owes the amount to that scope from then on.
    Send {
        /// The owner that is debited.
        from: Owner,
        /// The other scope.
        scope: Did,
        /// The owner in the other scope that is credited.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// The amount.
        amount: u64,
        /// The payer's text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// A transfer from an account of another scope. Only a leg has it ([`crate::fold::crossing`]).
    Receive {
        /// The owner in the other scope that is debited.
        from: Owner,
        /// The other scope.
        scope: Did,
        /// The owner that is credited.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// The amount.
        amount: u64,
        /// The payer's text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// A hold: units are set aside for a later transfer.
    Hold {
        /// The hold's name.
        id: HoldId,
        /// The owner that is debited at settlement.
        from: Owner,
        /// The owner that is credited at settlement.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// The amount.
        amount: u64,
        /// The deadline in milliseconds since the Unix epoch. From then on the hold is over.
        deadline: u64,
        /// The module that placed the hold. Nobody else may end it.
        module: BlockId,
    },
    /// A settlement: the amount moves, and the rest returns to the payer.
    Settle {
        /// The hold.
        id: HoldId,
        /// The amount that moves.
        amount: u64,
    },
    /// A void: all of the hold returns to the payer.
    Void {
        /// The hold.
        id: HoldId,
    },
    /// An expiry: the hold is past its deadline, and all of it returns to the payer. A journal begins with exactly
    /// the expiries that are due.
    Expire {
        /// The hold.
        id: HoldId,
    },
    /// An administrator's ruling: opens, closes, freezes, limits or caps. Only the ledger's own module has it
    /// ([`crate::block::ruling`]).
    Rule(Box<Command>),
}

impl Operation {
    /// Makes a transfer without a memo.
    #[must_use]
    pub const fn transfer(from: Owner, to: Owner, unit: Unit, amount: u64) -> Self {
        Self::Transfer { from, to, unit, amount, memo: String::new() }
    }
    /// Splits a journal into the expiries that it begins with and the operations that the run asked for.
    #[must_use]
    pub fn parts(journal: &[Self]) -> (&[Self], &[Self]) {
        let expiries = journal.iter().take_while(|operation| operation.is_expiry()).count();
        let parts = journal.split_at(expiries);
        debug_assert!(parts.0.iter().all(Self::is_expiry), "the first part is expiries alone");
        debug_assert!(
            parts.1.first().is_none_or(|first| !first.is_expiry()),
            "the first part is all it can be"
        );
        parts
    }
    /// Whether it is an expiry.
    #[must_use]
    pub const fn is_expiry(&self) -> bool {
        matches!(self, Self::Expire { .. })
    }
    /// The other scope, when the operation is between two scopes.
    #[must_use]
    pub fn counterpart(&self) -> Option<Did> {
        match self {
            Self::Send { scope, .. } | Self::Receive { scope, .. } => Some(*scope),
            Self::Rule(command) => match &**command {
                Command::Net { b, .. } => Some(*b),
                _ => None,
            },
            _ => None,
        }
    }
    /// The amount that it moves or sets aside; `None` when it states no amount.
    #[must_use]
    pub const fn amount(&self) -> Option<u64> {
        match self {
            Self::Transfer { amount, .. }
            | Self::Send { amount, .. }
            | Self::Receive { amount, .. }
            | Self::Hold { amount, .. }
            | Self::Settle { amount, .. } => Some(*amount),
            Self::Void { .. } | Self::Expire { .. } | Self::Rule(_) => None,
        }
    }
    /// The name of the operation in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Transfer { from: Owner::Issuance, .. } => "mint",
            Self::Transfer { to: Owner::Issuance, .. } => "burn",
            Self::Transfer { .. } => "transfer",
            Self::Send { .. } => "send",
            Self::Receive { .. } => "receive",
            Self::Hold { .. } => "hold",
            Self::Settle { .. } => "settle",
            Self::Void { .. } => "void",
            Self::Expire { .. } => "expire",
            Self::Rule(command) => command.name(),
        }
    }
}
