//! A rule that what a log says does not keep.

use crate::name::BlockId;

/// What a receipt says that the chain before it does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected {expected}, found {found}")]
pub struct ChainError {
    /// Which rule.
    pub what: &'static str,
    /// What the chain gives.
    pub expected: String,
    /// What the receipt says.
    pub found: String,
}

impl ChainError {
    /// An error of this rule.
    pub fn new(what: &'static str, expected: impl ToString, found: impl ToString) -> Self {
        Self { what, expected: expected.to_string(), found: found.to_string() }
    }
}

/// A block that is not right, and which rule it breaks.
pub type Flaw = (BlockId, ChainError);
