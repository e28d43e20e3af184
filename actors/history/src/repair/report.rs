//! What a repair says: each damaged place, what was lost, and why nothing is done.

use std::path::PathBuf;

use crate::directory::LockError;
use crate::error::StoreError;
use crate::finding::Finding;
use crate::report::AuditReport;

/// A damaged place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The byte where the damage begins, as closely as the format tells.
    pub offset: Option<u64>,
    /// The log position of the first entry of the group.
    pub position: Option<u64>,
    /// The block, where it is known.
    pub block: Option<String>,
    /// What does not hold.
    pub what: String,
    /// Whether it is made good: restored or, where it is derived, set aside.
    pub restored: bool,
}

/// What could not be restored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Lost {
    /// The first log position.
    pub from: u64,
    /// The position behind the last one; none when it is not known.
    pub to: Option<u64>,
    /// The blocks, where their names are known.
    pub blocks: Vec<String>,
    /// What each source has instead.
    pub why: String,
}

/// What a repair did, or, a dry one, would do.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Repaired {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Whether everything that was found is made good, and the result audits; of a dry run, whether it would be.
    pub ok: bool,
    /// The log.
    pub origin: String,
    /// Each damaged place.
    pub damage: Vec<Damage>,
    /// Files that were written anew.
    pub rewritten: Vec<PathBuf>,
    /// Files that were taken away.
    pub removed: Vec<PathBuf>,
    /// Where the damaged files are kept; none when there are none.
    pub kept: Option<PathBuf>,
    /// What could not be restored of the log.
    pub lost: Vec<Lost>,
    /// What else a person should know.
    pub notices: Vec<String>,
    /// The audit of the result; none of a dry run.
    pub audit: Option<AuditReport>,
}

/// Why nothing is repaired. The directory is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A host has the directory open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// What was named to be repaired is none.
    #[error("{} is not a host's data directory: there is nothing to repair; `icn import` makes one of an export", .0.display())]
    NoDirectory(PathBuf),
    /// What was named to restore from is none.
    #[error("{} is no export, no CAR and no data directory", .0.display())]
    NoSource(PathBuf),
    /// Neither the log nor a source has a first entry that says whose log it is.
    #[error("neither the log nor what it is to be restored from has a first entry that a host signed")]
    NoHost,
    /// A source is of another log.
    #[error("{} is of the log {found}, expected {expected}", path.display())]
    OtherLog {
        /// The source.
        path: PathBuf,
        /// The log that is repaired.
        expected: String,
        /// Whose it is.
        found: String,
    },
    /// The host signed another history.
    #[error("the host signed the root {signed} for the size {size}, {} gives {found} there: one of them was rewritten, which no repair mends", place.display())]
    OtherHistory {
        /// The log, or the source.
        place: PathBuf,
        /// The checkpoint's size.
        size: u64,
        /// What was signed.
        signed: String,
        /// What it gives.
        found: String,
    },
    /// A source was written to.
    #[error("{} was changed while it was read: restore from something that nobody writes to", .0.display())]
    Changed(PathBuf),
    /// What an interrupted repair left cannot be read.
    #[error("{}: {why}: it is what an interrupted repair had to do; what it names `.new` is to be renamed by hand", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is not right with it.
        why: String,
    },
}

impl Repaired {
    /// The first thing that the audit at the end did not find right.
    #[must_use]
    pub fn divergence(&self) -> Option<&Finding> {
        self.audit.as_ref()?.divergence.as_ref()
    }
}
