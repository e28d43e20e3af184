//! Where a log is not as it must be: the finding, and the place that it is found at.

use std::fmt::Display;

use crate::block::{BrokenRule, Flaw};
use crate::log::LogError;
use crate::name::BlockId;

/// The first thing in a log that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("position {position}, block {block}: {what}: expected {expected}, found {found}")]
pub struct Divergence {
    /// The position of the entry's first leaf.
    pub position: u64,
    /// The block that says it, or that is missing.
    #[serde(serialize_with = "as_text")]
    pub block: BlockId,
    /// Which rule.
    pub what: String,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
}

fn as_text<S: serde::Serializer>(id: &BlockId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// A place in a log: the position of an entry's first leaf, and a block of the entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The position of the entry's first leaf.
    pub(super) position: u64,
    /// The block.
    pub(super) block: BlockId,
}

impl Place {
    /// Another block of the same entry.
    pub(super) const fn at(self, block: BlockId) -> Self {
        Self { block, ..self }
    }

    /// The divergence of a rule that is not kept here.
    pub(super) fn expects(self, what: &str, expected: impl Display, found: impl Display) -> Divergence {
        Divergence {
            position: self.position,
            block: self.block,
            what: what.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// The divergence of a rule that this block breaks.
    pub(super) fn broken(self, BrokenRule { what, expected, found }: BrokenRule) -> Divergence {
        self.expects(what, expected, found)
    }

    /// The divergence of a flaw in this entry, whichever its block.
    pub(super) fn flawed(self, Flaw { block, broken }: Flaw) -> Divergence {
        self.at(block).broken(broken)
    }

    /// The divergence of an entry that does not come next.
    pub(super) fn out_of_order(self, error: &LogError) -> Divergence {
        let what = match error {
            LogError::Empty => "entry",
            LogError::MissingBlock(_) => "block",
            LogError::RepeatedAuthor(_) => "author",
            LogError::Sequence { found_seq, expected_seq, .. } if found_seq != expected_seq => "sequence",
            LogError::Sequence { .. } => "block before",
        };
        self.expects(what, "the next entry", error)
    }
}
