//! The words of a journal: what a receipt moves.

use super::command::Command;
use crate::name::{BlockId, Did, HoldId, Owner, Unit};

/// The memo of tokens that a module consumes: the host writes it, and the guest has no word in it.
pub const USAGE_MEMO: &str = "usage";

/// One operation of a journal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Units move. From the issuance they are minted, to it they are burned.
    Transfer {
        /// Who is debited.
        from: Owner,
        /// Who is credited.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// How much.
        amount: u64,
        /// The payer's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// Units go to an account of another scope, which owes them to nobody: this one owes them to it.
    Send {
        /// Who is debited.
        from: Owner,
        /// The other scope.
        scope: Did,
        /// Who is credited there.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// How much.
        amount: u64,
        /// The payer's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// Units come from an account of another scope. Of a leg alone ([`crate::fold::crossing`]).
    Receive {
        /// Who is debited there.
        from: Owner,
        /// The other scope.
        scope: Did,
        /// Who is credited.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// How much.
        amount: u64,
        /// The payer's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// Units are set aside to be moved.
    Hold {
        /// The hold's name.
        id: HoldId,
        /// Who is debited when it is settled.
        from: Owner,
        /// Who is credited when it is settled.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// How much.
        amount: u64,
        /// From this time on it is over.
        deadline: u64,
        /// The module that placed it, which alone may end it.
        module: BlockId,
    },
    /// What is held moves; the rest returns.
    Settle {
        /// Which hold.
        id: HoldId,
        /// How much moves.
        amount: u64,
    },
    /// All that is held returns.
    Void {
        /// Which hold.
        id: HoldId,
    },
    /// A hold is past its deadline: all returns. A journal begins with those that are due, and has no others.
    Expire {
        /// Which hold.
        id: HoldId,
    },
    /// An administrator rules: opens, closes, freezes, limits, caps. Of the ledger's own module alone
    /// ([`crate::block::ruling`]).
    Rule(Box<Command>),
}

impl Operation {
    /// A transfer without words.
    #[must_use]
    pub const fn transfer(from: Owner, to: Owner, unit: Unit, amount: u64) -> Self {
        Self::Transfer { from, to, unit, amount, memo: String::new() }
    }
    /// A journal's two parts: the expiries that it begins with, and what was asked for.
    #[must_use]
    pub fn parts(journal: &[Self]) -> (&[Self], &[Self]) {
        journal.split_at(journal.iter().take_while(|operation| operation.is_expiry()).count())
    }
    /// Whether it records that a hold is past its deadline.
    #[must_use]
    pub const fn is_expiry(&self) -> bool {
        matches!(self, Self::Expire { .. })
    }
    /// The other scope, when it is between two.
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
    /// How much it moves or sets aside; nothing of its own when all that is held returns.
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
    /// What it does, as reports name it.
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
