//! `Place`: where a log goes on. The end of one group is the place of the next one.

use super::format::CHAIN_START;

/// A place in a log: where the next group begins, and what the group must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Number of the segment file.
    pub(crate) segment: u64,
    /// Byte in that file: a multiple of a sector. 0 means in front of the segment's header.
    pub(crate) offset: u64,
    /// Log position of the next leaf.
    pub(crate) position: u64,
    /// Chain hash of the group before.
    pub(crate) chain: [u8; 32],
}

impl Place {
    /// The begin of every log.
    pub(crate) const START: Self = Self { segment: 0, offset: 0, position: 0, chain: CHAIN_START };
}
