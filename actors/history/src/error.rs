//! `StoreError`: why a file or the log cannot be read or written, and where.
//!
//! Every part of this crate that touches a disk answers with it. It separates two causes that need different
//! answers: the operating system refused (`Io`), or the bytes on the disk changed (`Damaged`). An audit reports
//! damage as a finding; a refusal says nothing about the log.

use std::path::{Path, PathBuf};

use icn_core::name::BlockId;

/// Why the store cannot go on, and where.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// The action that failed, as in `opening`.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// Bytes on the disk are not those that were written.
    #[error("{} is damaged at byte {offset} (log position {position}): {what}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The byte where the first damaged sector begins, as closely as the format tells.
        offset: u64,
        /// The log position of the first damaged entry.
        position: u64,
        /// The damaged block, where it is known.
        block: Option<BlockId>,
        /// The flaw of the bytes, for a person.
        what: String,
    },
    /// A writer appends at another position than the end of the log.
    #[error("the log has {found} leaves, expected {expected}")]
    Position {
        /// The position that the writer gave.
        expected: u64,
        /// The number of leaves in the log.
        found: u64,
    },
}

impl StoreError {
    /// Makes an [`Self::Io`] from an operating system's error. `what` is the action, as in `opening`.
    pub fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    /// An [`Self::Io`] for a file whose content has the wrong form.
    pub(crate) fn invalid(path: &Path, why: String) -> Self {
        Self::io("reading", path)(std::io::Error::new(std::io::ErrorKind::InvalidData, why))
    }

    /// An [`Self::Io`] for a directory that should have a log and has none.
    pub(crate) fn no_log(log: &Path) -> Self {
        let why = "no log there: expected a host's data directory";
        Self::io("opening", log)(std::io::Error::new(std::io::ErrorKind::NotFound, why))
    }
}
