//! A rule that a block breaks: the one shape of errors that machines over a log's words give.

use crate::name::BlockId;

/// A rule that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected {expected}, found {found}")]
pub struct BrokenRule {
    /// The rule, in a few fixed words.
    pub what: &'static str,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl BrokenRule {
    /// An error of this rule.
    pub fn new(what: &'static str, expected: impl ToString, found: impl ToString) -> Self {
        Self { what, expected: expected.to_string(), found: found.to_string() }
    }

    /// The same, as a flaw of this block.
    #[must_use]
    pub const fn of(self, block: BlockId) -> Flaw {
        Flaw { block, broken: self }
    }
}

/// A block that is not right, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{block}: {broken}")]
pub struct Flaw {
    /// The block's name.
    pub block: BlockId,
    /// The rule.
    pub broken: BrokenRule,
}
