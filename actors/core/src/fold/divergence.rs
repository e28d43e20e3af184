//! Where a log is not as it must be.

use crate::block::Flaw;
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

pub(super) fn fail(
    position: u64,
    block: BlockId,
    what: &str,
    expected: impl std::fmt::Display,
    found: impl std::fmt::Display,
) -> Divergence {
    Divergence {
        position,
        block,
        what: what.to_owned(),
        expected: expected.to_string(),
        found: found.to_string(),
    }
}

/// A signer, a delegation or a revocation that does not hold.
pub(super) fn flawed(position: u64, (block, error): Flaw) -> Divergence {
    fail(position, block, error.what, error.expected, error.found)
}

/// An entry that does not come next.
pub(super) fn out_of_order(position: u64, block: BlockId, error: &LogError) -> Divergence {
    let what = match error {
        LogError::Empty => "entry",
        LogError::MissingBlock(_) => "block",
        LogError::RepeatedAuthor(_) => "author",
        LogError::Sequence { found_seq, expected_seq, .. } if found_seq != expected_seq => "sequence",
        LogError::Sequence { .. } => "block before",
    };
    fail(position, block, what, "the next entry", error)
}
