//! A refusal: its code, the command that it is about, and a text for a person.
//!
//! The text of a refusal is stored: it stands in receipts of rulings and in the memory of clients' ids. So it
//! is part of the format, and changing a word changes what every machine must write.

use super::code::LedgerCode;
use crate::block::CapKey;

/// A refusal. The books were not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[error("{}, command {at}: {what}", code.as_str())]
pub struct LedgerRefusal {
    /// The code.
    pub code: LedgerCode,
    /// The place of the refused command in its group, from 0.
    pub at: u64,
    /// A text for a person: what was wrong, and what would be right.
    pub what: String,
    /// The cap that does not allow the command, if a cap is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Box<CapKey>>,
}

impl LedgerRefusal {
    /// A refusal of a group's first command.
    #[must_use]
    pub fn new(code: LedgerCode, what: impl Into<String>) -> Self {
        Self { code, at: 0, what: what.into(), cap: None }
    }
}

/// Refuses with this code and this text.
pub(super) fn refuse<T>(code: LedgerCode, what: impl Into<String>) -> Result<T, LedgerRefusal> {
    Err(LedgerRefusal::new(code, what))
}

/// The result of a check.
pub(super) type Verdict = Result<(), LedgerRefusal>;
/// The amount that a command moved, or its refusal.
pub(super) type Moved = Result<u64, LedgerRefusal>;
