//! Why a file or the log cannot be read or written, and where.

use std::path::{Path, PathBuf};

use icn_core::name::BlockId;

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
    /// An error of the operating system at a file: `what` was tried, as in `opening`.
    pub fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}
