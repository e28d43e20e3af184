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
pub mod snapshot;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::name::BlockId;

pub use reader::{Reader, Tail};
pub use segment::SegmentStore;

/// Why the store cannot go on, and where.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system's word.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What it answered.
        source: std::io::Error,
    },
    /// Bytes on the disk are not those that were written.
    #[error("{} is damaged at byte {offset} (log position {position}): {what}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The byte where the first damaged sector begins, as closely as the format tells.
        offset: u64,
        /// The log position of the first entry that does not hold.
        position: u64,
        /// The block whose bytes do not hold, where that is known.
        block: Option<BlockId>,
        /// What does not hold.
        what: String,
    },
    /// The log does not end where the writer thought.
    #[error("the log has {found} leaves, expected {expected}")]
    Position {
        /// What the writer expected.
        expected: u64,
        /// What is there.
        found: u64,
    },
}

impl StoreError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

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
