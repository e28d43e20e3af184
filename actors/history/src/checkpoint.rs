//! The signed checkpoint of a directory, and how one is held against the log as that is read.

use std::io::ErrorKind;

use icn_core::fold::Fold;
use icn_core::log::{Checkpoint, CheckpointError, Frontier};

use crate::directory::Layout;
use crate::error::StoreError;

/// The checkpoint of a directory, unverified: the host's key is in the log. `None` when there is none.
pub(crate) fn read_checkpoint(layout: &Layout) -> Result<Option<String>, StoreError> {
    let path = layout.checkpoint();
    match std::fs::read_to_string(&path) {
        Ok(note) => Ok(Some(note)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        // Something else than a checkpoint: none that is signed.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::IsADirectory) => {
            Ok(Some(String::new()))
        }
        Err(error) => Err(StoreError::io("reading", &path)(error)),
    }
}

/// What a person should know of the verifier key in its file: it is derived, and a wrong one, which would verify
/// somebody else's checkpoints, is written anew. One that is missing says nothing.
pub fn judge_verifier_key(layout: &Layout, expected: &str) -> Result<Option<String>, StoreError> {
    let path = layout.verifier_key();
    let found = match std::fs::read(&path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("reading", &path)(error)),
    };
    let holds = found.strip_suffix(b"\n") == Some(expected.as_bytes());
    Ok((!holds).then(|| {
        format!(
            "{} is not the key that the log's first entry gives: it is derived, and what it should say was rebuilt: {expected}",
            path.display()
        )
    }))
}

/// A checkpoint that is held against the log as it is read.
#[derive(Debug)]
pub(crate) struct Held {
    note: Option<String>,
    opened: Option<Checkpoint>,
    passed: bool,
}

/// What a checkpoint says against the log, or the log against it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeldError {
    /// The checkpoint itself is not to be trusted.
    #[error(transparent)]
    Unusable(#[from] CheckpointError),
    /// The host signed another history.
    #[error("the host signed the root {signed} for the size {size}, the log has {found} there")]
    OtherHistory { size: u64, signed: String, found: String },
}

impl Held {
    pub(crate) const fn new(note: Option<String>) -> Self {
        Self { note, opened: None, passed: false }
    }

    /// Checks the signature, once the host is known from the log's first entry, and says then how far the log must
    /// reach.
    pub(crate) fn open(&mut self, fold: &Fold) -> Result<Option<u64>, HeldError> {
        let (Some(host), Some(note)) = (fold.host(), self.note.take()) else { return Ok(None) };
        let checkpoint = Checkpoint::open(&note, &host.log, &host.host)?;
        let size = checkpoint.size;
        self.opened = Some(checkpoint);
        Ok(Some(size))
    }

    /// The size of the checkpoint, when no tree of it has gone by.
    pub(crate) fn not_reached(&self) -> Option<u64> {
        self.opened.as_ref().filter(|_| !self.passed).map(|checkpoint| checkpoint.size)
    }

    /// Looks at the tree after each entry: at the checkpoint's size it must have the checkpoint's root.
    pub(crate) fn pass(&mut self, frontier: &Frontier) -> Result<(), HeldError> {
        let Some(checkpoint) = self.opened.as_ref().filter(|c| !self.passed && frontier.size() >= c.size)
        else {
            return Ok(());
        };
        self.passed = true;
        let root = frontier.root();
        if frontier.size() == checkpoint.size && root == checkpoint.root {
            return Ok(());
        }
        let found =
            if frontier.size() == checkpoint.size { root.to_hex() } else { "no entry that ends".to_owned() };
        Err(HeldError::OtherHistory { size: checkpoint.size, signed: checkpoint.root.to_hex(), found })
    }
}
