//! Why an entry cannot be put into a row of blocks, or a row of blocks is not one of a log.

use crate::encode::{DecodeError, EnvelopeError};
use crate::limits;
use crate::name::BlockId;

/// Why an entry cannot be put into a row of blocks, or a row of blocks is not one of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// An entry has no leaf.
    #[error("an entry without leaves")]
    Empty,
    /// The entry names this block and does not have it.
    #[error("the block {0} is missing")]
    Missing(BlockId),
    /// This block should be an envelope.
    #[error("the block {0} is not an envelope: {1}")]
    Envelope(BlockId, EnvelopeError),
    /// This block should be a payload.
    #[error("the block {0}: {1}")]
    Payload(BlockId, DecodeError),
    /// Another block must come at this place.
    #[error("found the block {found}, expected {expected}")]
    Order {
        /// The block that must come here, or what would be right.
        expected: String,
        /// The block that is here.
        found: BlockId,
    },
    /// The name has the wrong codec: the same bytes belong here under their name with the other codec.
    #[error("the block {0} has the wrong codec in its name: expected its name with the other codec")]
    Codec(BlockId),
    /// The block stood earlier in the row.
    #[error("the block {0} a second time")]
    Repeated(BlockId),
    /// The entry has more blocks or bytes than an entry may have.
    #[error("an entry of more than {max} {what}")]
    TooLarge {
        /// What is counted: `blocks` or `bytes`.
        what: &'static str,
        /// How many an entry may have.
        max: usize,
    },
    /// The row ends within an entry.
    #[error("the row ends within an entry: its last {0} blocks are of an entry that is not complete")]
    Unfinished(usize),
}

/// Checks that an entry has no more blocks and bytes than a reader of rows accepts.
pub(super) fn within_bounds(blocks: usize, bytes: usize) -> Result<(), EntriesError> {
    for (what, found, max) in
        [("blocks", blocks, limits::ENTRY_BLOCKS_MAX), ("bytes", bytes, limits::ENTRY_BYTES_MAX)]
    {
        if found > max {
            return Err(EntriesError::TooLarge { what, max });
        }
    }
    Ok(())
}
