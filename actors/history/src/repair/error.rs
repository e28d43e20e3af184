//! `RepairError`: why nothing is repaired. The directory is as it was.

use std::path::{Path, PathBuf};

use icn_core::log::{Checkpoint, Frontier};

use crate::directory::LockError;
use crate::error::StoreError;

/// Why nothing is repaired. The directory is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A host has the directory open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The directory to repair is not a host's.
    #[error("{} is not a host's data directory: there is nothing to repair; `icn import` makes one of an export", .0.display())]
    NoDirectory(PathBuf),
    /// A source is nothing that a log can be restored from.
    #[error("{} is no export, no CAR and no data directory", .0.display())]
    NoSource(PathBuf),
    /// Neither the log nor a source has a first entry that says whose log it is.
    #[error("neither the log nor a source to restore it from has a first entry that a host signed")]
    NoHost,
    /// A source is of another log.
    #[error("{} is of the log {found}, expected {expected}", path.display())]
    OtherLog {
        /// The source.
        path: PathBuf,
        /// The verifier key of the log that is repaired.
        expected: String,
        /// The verifier key of the source's log.
        found: String,
    },
    /// The host signed another history.
    #[error("the host signed the root {signed} for the size {size}, {} gives {found} there: one of them was rewritten, which no repair mends", place.display())]
    OtherHistory {
        /// The log, or the source.
        place: PathBuf,
        /// The checkpoint's size.
        size: u64,
        /// The checkpoint's root, in hexadecimal.
        signed: String,
        /// The root of the log or the source, in hexadecimal.
        found: String,
    },
    /// A source changed while it was read.
    #[error("{} was changed while it was read: restore from something that nobody writes to", .0.display())]
    Changed(PathBuf),
    /// The plan of an interrupted repair cannot be read.
    #[error("{}: {why}: it is the rest of an interrupted repair; rename the `.new` files that it names by hand", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// The flaw, for a person.
        why: String,
    },
}

impl RepairError {
    /// Compares a tree with the checkpoints of its size. `place` is the log, or the source, that has the tree.
    pub(super) fn check_roots(signed: &[Checkpoint], frontier: &Frontier, place: &Path) -> Result<(), Self> {
        let size = frontier.size();
        for signed in signed.iter().filter(|signed| signed.size == size) {
            let found = frontier.root();
            if found != signed.root {
                let (signed, found) = (signed.root.to_hex(), found.to_hex());
                return Err(Self::OtherHistory { place: place.to_owned(), size, signed, found });
            }
        }
        Ok(())
    }
}
