//! Storage: one narrow interface, ordered appends with an expected position and reads from a position, so that
//! a replicated log can stand where the embedded one does.
//!
//! An append is durable when it returns. There is one writer; that there is no other is what the lock file of
//! the data directory is for.

pub(crate) mod format;
pub(crate) mod group;
pub(crate) mod listing;
mod reader;
pub(crate) mod salvage;
mod segment;
#[cfg(test)]
mod tests;

use std::path::Path;

use icn_core::block::Entry;

use crate::error::StoreError;
pub use reader::{Reader, Tail};
pub use segment::SegmentStore;

/// Whether a log directory has no segment, nor anything that looks like one.
pub(crate) fn has_no_segment(dir: &Path) -> Result<bool, StoreError> {
    Ok(listing::Listing::read(dir)?.is_empty())
}

/// The write side of a log.
pub trait LogStore: Send {
    /// Appends entries as one group at an expected position: all of them durable on return, or an error after
    /// which the store is used no more.
    fn append(&mut self, expected: u64, entries: &[&Entry]) -> Result<(), StoreError>;
    /// Ends writing: nothing is left over behind the last group.
    fn close(&mut self) -> Result<(), StoreError>;
}
