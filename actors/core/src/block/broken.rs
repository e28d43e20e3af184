//! The error of a broken rule of the log. Every machine that judges a log returns it, so it stands below all of them.

use crate::name::BlockId;

/// A rule that a block breaks: the value that the rule requires and the value found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected {expected}, found {found}")]
pub struct ChainError {
    /// The name of the rule; reports and tests tell rules apart by it.
    pub what: &'static str,
    /// The value that the blocks before require.
    pub expected: String,
    /// The value that the block states.
    pub found: String,
}

impl ChainError {
    /// Makes an error of this rule.
    pub fn new(what: &'static str, expected: impl ToString, found: impl ToString) -> Self {
        Self { what, expected: expected.to_string(), found: found.to_string() }
    }
}

/// A block that breaks a rule, and that rule.
pub type Flaw = (BlockId, ChainError);
