//! Why a witness does not watch a log, or does not cosign a checkpoint.

use crate::log::note::{NoteError, VerifierKey};
use crate::log::proof::ProofError;
use crate::log::tree_head::TreeHeadError;
use crate::name::Hash;

/// Why a witness cannot watch a log, or cannot continue from what it stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The key is not the key of a log.
    #[error("{0}: expected the key of a log (type 1), found one of a witness")]
    Kind(VerifierKey),
    /// The key was given twice.
    #[error("{0}: the key was given twice")]
    RepeatedKey(VerifierKey),
    /// What was stored is not a signed note.
    #[error("the checkpoint that was cosigned last: {0}")]
    Note(#[from] NoteError),
    /// What was stored is not a checkpoint.
    #[error("the checkpoint that was cosigned last: {0}")]
    Head(#[from] TreeHeadError),
    /// What was stored, or the key, is of another log.
    #[error("the checkpoint that was cosigned last is of {found}, expected one of {expected}")]
    Origin {
        /// The log that is watched.
        expected: String,
        /// The log that was found.
        found: String,
    },
    /// This witness did not cosign what was stored.
    #[error(
        "the checkpoint that was cosigned last has no cosignature of {0}: it is another witness's, or was changed"
    )]
    NotOurs(VerifierKey),
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The note has no signature of the log, or an invalid one.
    #[error("no valid signature of the log {0}")]
    Unsigned(String),
    /// The older tree is larger than the newer one.
    #[error("the old size {old} is larger than the checkpoint's, {size}")]
    OldSize {
        /// The old size in the request.
        old: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// The proof does not begin at the size that was cosigned last.
    #[error("the checkpoint that was cosigned last has the size {0}")]
    Conflict(u64),
    /// The tree is empty, and its root is not the one of the empty tree.
    #[error("a tree of size 0 has the SHA-256 of nothing as its root, this one has {0}")]
    EmptyRoot(Hash),
    /// Nothing was cosigned yet, and the request has a proof.
    #[error("expected no proof from the size 0, found {0} hashes")]
    ProofFromEmpty(usize),
    /// Another tree of the same size was cosigned.
    #[error(
        "the tree of size {size} has the root {cosigned}, this checkpoint says {found}: the log has forked"
    )]
    Forked {
        /// The size of both.
        size: u64,
        /// The root that was cosigned.
        cosigned: Hash,
        /// The root of this checkpoint.
        found: Hash,
    },
    /// The proof does not show that the tree grew from the one that was cosigned last.
    #[error("the proof does not lead from the checkpoint that was cosigned last to this one: {0}")]
    Proof(#[from] ProofError),
}

impl Refused {
    /// The HTTP status of the answer (C2SP tlog-witness, "add-checkpoint").
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::OldSize { .. } => 400,
            Self::Unsigned(_) => 403,
            Self::Conflict(_) => 409,
            Self::EmptyRoot(_) | Self::ProofFromEmpty(_) | Self::Forked { .. } | Self::Proof(_) => 422,
        }
    }
}
