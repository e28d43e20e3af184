//! Why a log is not watched, or a checkpoint not cosigned.

use crate::log::note::{NoteError, VerifierKey};
use crate::log::proof::ProofError;
use crate::log::tree_head::TreeHeadError;
use crate::name::Hash;

/// Why a log is not one to watch, or a witness's memory of it is not one to go on from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// Not a log's key.
    #[error("{0}: expected the key of a log (type 1), found one of a witness")]
    Kind(VerifierKey),
    /// Named twice.
    #[error("{0}: it is named twice")]
    RepeatedKey(VerifierKey),
    /// What was kept is no note.
    #[error("the checkpoint that was cosigned last: {0}")]
    Note(#[from] NoteError),
    /// Nor a checkpoint.
    #[error("the checkpoint that was cosigned last: {0}")]
    Head(#[from] TreeHeadError),
    /// It is of another log.
    #[error("the checkpoint that was cosigned last is of {found}, expected one of {expected}")]
    Origin {
        /// Whose it should be.
        expected: String,
        /// Whose it is.
        found: String,
    },
    /// This witness did not cosign it.
    #[error(
        "the checkpoint that was cosigned last has no cosignature of {0}: it is another witness's, or was changed"
    )]
    NotOurs(VerifierKey),
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No signature of the log, or one that does not hold.
    #[error("no valid signature of the log {0}")]
    Unsigned(String),
    /// The older tree is the larger one.
    #[error("the old size {old} is larger than the checkpoint's, {size}")]
    OldSize {
        /// The old size in the request.
        old: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// The request begins elsewhere than at what was cosigned last.
    #[error("the checkpoint that was cosigned last has the size {0}")]
    Conflict(u64),
    /// Of nothing there is one root.
    #[error("a tree of size 0 has the root of nothing, this one has {0}")]
    Nothing(Hash),
    /// A proof from nothing.
    #[error("expected no proof from the size 0, found {0} hashes")]
    FromNothing(usize),
    /// Another tree of the same size.
    #[error(
        "the tree of size {size} has the root {cosigned}, this checkpoint says {found}: the log has forked"
    )]
    Forked {
        /// The size of both.
        size: u64,
        /// What was cosigned.
        cosigned: Hash,
        /// What is asked for.
        found: Hash,
    },
    /// It does not follow from what was cosigned.
    #[error("the checkpoint is not shown to follow from the one that was cosigned last: {0}")]
    Proof(#[from] ProofError),
}

impl Refused {
    /// The status of the answer (C2SP tlog-witness, "add-checkpoint").
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::OldSize { .. } => 400,
            Self::Unsigned(_) => 403,
            Self::Conflict(_) => 409,
            Self::Nothing(_) | Self::FromNothing(_) | Self::Forked { .. } | Self::Proof(_) => 422,
        }
    }
}
