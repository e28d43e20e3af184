//! `CosignedError`: why there is no cosigned checkpoint, or nothing to show a witness.

use std::path::PathBuf;

use icn_core::log::{NoteError, ProofError};

use crate::error::StoreError;
use crate::signed_log::SignedLogError;

/// Why there is no cosigned checkpoint, or nothing to show a witness.
#[derive(Debug, thiserror::Error)]
pub enum CosignedError {
    /// The log cannot be read up to its checkpoint.
    #[error(transparent)]
    Log(#[from] SignedLogError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no proof of consistency between these sizes.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The file of the cosigned checkpoint has no signed note.
    #[error("{}: {why}", path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// The flaw, for a person.
        why: NoteError,
    },
    /// Another process has the right to write it.
    #[error("another `icn cosign` works on {}: end that one", .0.display())]
    Taken(PathBuf),
    /// A signed note cannot carry the name of the log.
    #[error("a signed note cannot carry the log's origin {0}")]
    Origin(String),
}
