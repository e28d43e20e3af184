//! The signed checkpoint of a data directory, and the comparison of a checkpoint with a log.
//!
//! A checkpoint says: at this size the log's tree has this root. A log that has another root there is another
//! history; a log that ends before it was cut. The comparison runs while the log is read: `verify` once the
//! host is known from the first entry, `compare` after each entry, `not_reached` at the end. Nothing here
//! writes.

use std::io::ErrorKind;

use icn_core::fold::Fold;
use icn_core::log::{Checkpoint, CheckpointError, Frontier};

use crate::directory::Layout;
use crate::disk;
use crate::error::StoreError;

/// Reads the checkpoint of a directory; `None` when the file does not exist. The signature is not verified: the
/// host's key is in the log.
pub(crate) fn read_checkpoint(layout: &Layout) -> Result<Option<String>, StoreError> {
    match disk::read_text(&layout.checkpoint()) {
        // Something that is no text is a checkpoint whose signature does not hold.
        Err(StoreError::Io { source, .. })
            if matches!(source.kind(), ErrorKind::InvalidData | ErrorKind::IsADirectory) =>
        {
            Ok(Some(String::new()))
        }
        read => read,
    }
}

/// A notice for a person when the file of the verifier key has another key than the log gives: it would verify
/// somebody else's checkpoints. A missing file gives no notice: the key is derived.
pub fn judge_verifier_key(layout: &Layout, expected: &str) -> Result<Option<String>, StoreError> {
    let path = layout.verifier_key();
    let Some(found) = disk::read(&path)? else { return Ok(None) };
    let is_right = found.strip_suffix(b"\n") == Some(expected.as_bytes());
    Ok((!is_right).then(|| {
        format!(
            "{} is not the key that the log's first entry gives: it is derived, and what it should say was rebuilt: {expected}",
            path.display()
        )
    }))
}

/// The comparison of one checkpoint with a log, while the log is read.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// The note, until it was verified.
    note: Option<String>,
    verified: Option<Checkpoint>,
    /// Whether the log reached the checkpoint's size.
    is_reached: bool,
}

/// Why a checkpoint and a log do not agree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Disagreement {
    /// The checkpoint is not signed by the log's host.
    #[error(transparent)]
    Unusable(#[from] CheckpointError),
    /// The host signed another history.
    #[error(transparent)]
    OtherHistory(#[from] OtherHistory),
}

/// A checkpoint's root that is not the log's: the log was rewritten, or its host signed two histories.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host signed the root {signed} for the size {size}, the log has {found} there")]
pub struct OtherHistory {
    /// The checkpoint's size, in leaves.
    pub size: u64,
    /// The checkpoint's root, in hexadecimal.
    pub signed: String,
    /// The log's root at that size, in hexadecimal; or words, when no entry ends there.
    pub found: String,
}

/// Checks a tree that has reached a checkpoint's size, or has gone past it with its last entry, against that
/// checkpoint.
pub(crate) fn check_root(checkpoint: &Checkpoint, frontier: &Frontier) -> Result<(), OtherHistory> {
    let (size, root) = (frontier.size(), frontier.root());
    if (size, root) == (checkpoint.size, checkpoint.root) {
        return Ok(());
    }
    let found = if size == checkpoint.size { root.to_hex() } else { "no entry that ends".to_owned() };
    Err(OtherHistory { size: checkpoint.size, signed: checkpoint.root.to_hex(), found })
}

impl Comparison {
    pub(crate) const fn new(note: Option<String>) -> Self {
        Self { note, verified: None, is_reached: false }
    }

    /// Verifies the checkpoint, once, when the host is known from the log's first entry. Gives the size that
    /// the log must reach.
    pub(crate) fn verify(&mut self, fold: &Fold) -> Result<Option<u64>, Disagreement> {
        let (Some(host), Some(note)) = (fold.host(), self.note.take()) else { return Ok(None) };
        let checkpoint = Checkpoint::open(&note, &host.log, &host.host)?;
        let size = checkpoint.size;
        self.verified = Some(checkpoint);
        Ok(Some(size))
    }

    /// The size of the checkpoint, if the log has not reached it.
    pub(crate) fn not_reached(&self) -> Option<u64> {
        self.verified.as_ref().filter(|_| !self.is_reached).map(|checkpoint| checkpoint.size)
    }

    /// Compares the tree after an entry: at the checkpoint's size it must have the checkpoint's root. An entry
    /// with several leaves may go past that size; then no entry ends there.
    pub(crate) fn compare(&mut self, frontier: &Frontier) -> Result<(), Disagreement> {
        let is_due = |checkpoint: &&Checkpoint| !self.is_reached && frontier.size() >= checkpoint.size;
        let Some(checkpoint) = self.verified.as_ref().filter(is_due) else { return Ok(()) };
        self.is_reached = true;
        Ok(check_root(checkpoint, frontier)?)
    }
}
