//! Why an entry has no place in a row, or a row is none of a log.

use crate::encode::DecodeError;
use crate::name::BlockId;

/// Why an entry has no place in a row of blocks, or blocks in a row are none of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// An entry without a leaf.
    #[error("an entry without leaves")]
    Empty,
    /// A block that is named and is not there.
    #[error("the block {0} is missing")]
    Missing(BlockId),
    /// An envelope that is none.
    #[error("the block {0} is no envelope: {1}")]
    Envelope(BlockId, crate::encode::EnvelopeError),
    /// A payload that is none of an entry.
    #[error("the block {0}: {1}")]
    Payload(BlockId, DecodeError),
    /// A block where another comes next.
    #[error("the block {found} where {expected} comes next")]
    Order {
        /// What comes next, or what is right instead.
        expected: String,
        /// What is there.
        found: BlockId,
    },
    /// A block under the name that its bytes have with the other codec.
    #[error("the block {0}, of which only the name with the other codec is one here")]
    Codec(BlockId),
    /// A block that came before.
    #[error("the block {0} a second time")]
    Repeated(BlockId),
    /// More blocks or bytes than an entry has.
    #[error("an entry of more than {max} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// The row ends within an entry.
    #[error("the last {0} blocks are of an entry that does not end")]
    Unfinished(usize),
}
