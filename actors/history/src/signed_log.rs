//! `SignedLog`: the part of a data directory's log that its signed checkpoint covers, entry by entry.
//!
//! That part never changes, so it is read without a lock, also while a host has the directory open. The entries
//! have the checkpoint's root, or the last call reports an error: a caller keeps nothing before it has read the
//! log to the end.

use std::path::{Path, PathBuf};

use icn_core::block::{Entry, HostBlock};
use icn_core::log::{Checkpoint, CheckpointError, Frontier};

use crate::checkpoint::{OtherHistory, check_root, read_checkpoint};
use crate::directory::{self, Layout};
use crate::error::StoreError;
use crate::first_entry::host_of;
use crate::store::Reader;

/// Why a log cannot be read up to its checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum SignedLogError {
    /// A file cannot be read, or its bytes are damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no checkpoint.
    #[error(
        "no checkpoint covers the log in {0}: its host has not signed one yet, or it was lost; open the host once"
    )]
    NoCheckpoint(String),
    /// The first entry does not say whose log it is.
    #[error("the log's first entry is not its host's: {0}")]
    Host(String),
    /// The host did not sign the checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The host signed another history.
    #[error("{0}: run `icn audit`")]
    OtherHistory(#[from] OtherHistory),
    /// The cosigned checkpoint is not one of this log.
    #[error(
        "{}: {why}; expected a checkpoint of this log: run `icn audit`. If it shows no fork, move the file away and run `icn cosign`",
        path.display()
    )]
    Cosigned {
        /// The file of the cosigned checkpoint.
        path: PathBuf,
        /// The flaw, for a person.
        why: String,
    },
}

/// A log up to its checkpoint.
#[derive(Debug)]
pub struct SignedLog {
    reader: Reader,
    /// Entries that were read and not given yet.
    waiting: std::vec::IntoIter<(u64, Entry)>,
    /// The tree over the entries that were given.
    frontier: Frontier,
    host: HostBlock,
    checkpoint: Checkpoint,
    /// The checkpoint as it was issued.
    note: String,
}

impl SignedLog {
    /// Opens a data directory: reads the first entry, which says whose log it is, and verifies the checkpoint.
    pub fn open(data: &Path) -> Result<Self, SignedLogError> {
        let layout = Layout::new(data);
        if !directory::is_a_hosts(&layout)? {
            return Err(StoreError::no_log(&layout.log()).into());
        }
        let none = || SignedLogError::NoCheckpoint(data.display().to_string());
        let note = read_checkpoint(&layout)?.ok_or_else(none)?;
        let mut reader = Reader::new(&layout.log());
        // A host signs a checkpoint only when its first entry is durable.
        reader.must_reach(1);
        let group = reader.next_group()?.unwrap_or_default();
        let (_, first) = group.first().ok_or_else(none)?;
        let host = host_of(first).map_err(SignedLogError::Host)?;
        let checkpoint = Checkpoint::open(&note, &host.log, &host.host)?;
        reader.must_reach(checkpoint.size);
        Ok(Self { reader, waiting: group.into_iter(), frontier: Frontier::default(), host, checkpoint, note })
    }

    /// The host whose log it is.
    #[must_use]
    pub const fn host(&self) -> &HostBlock {
        &self.host
    }

    /// The checkpoint up to which the log is read.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The tree over the entries that were given.
    pub(crate) const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The signed checkpoint, as it was issued.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// Takes the newest checkpoint, and says whether it covers more. Call it when [`Self::next_entry`] came to
    /// the end.
    ///
    /// # Errors
    /// [`SignedLogError::OtherHistory`] when the newest checkpoint is of a smaller log, or has another root at
    /// the same size.
    pub fn renew(&mut self, data: &Path) -> Result<bool, SignedLogError> {
        let none = || SignedLogError::NoCheckpoint(data.display().to_string());
        let note = read_checkpoint(&Layout::new(data))?.ok_or_else(none)?;
        if note == self.note {
            return Ok(false);
        }
        let newer = Checkpoint::open(&note, &self.host.log, &self.host.host)?;
        let (size, before) = (newer.size, self.checkpoint.size);
        if size < before || (size == before && newer.root != self.checkpoint.root) {
            let found = format!("{} at {size}", newer.root.to_hex());
            return Err(OtherHistory { size: before, signed: self.checkpoint.root.to_hex(), found }.into());
        }
        self.reader.must_reach(size);
        self.reader.look_again()?;
        (self.checkpoint, self.note) = (newer, note);
        Ok(size > before)
    }

    /// The next entry and the position of its first leaf. `None` when the checkpoint's size is reached and the
    /// root is the checkpoint's.
    pub fn next_entry(&mut self) -> Result<Option<(u64, Entry)>, SignedLogError> {
        if self.frontier.size() >= self.checkpoint.size {
            check_root(&self.checkpoint, &self.frontier)?;
            return Ok(None);
        }
        loop {
            if let Some((position, entry)) = self.waiting.next() {
                entry.leaves.iter().for_each(|leaf| self.frontier.append(leaf));
                return Ok(Some((position, entry)));
            }
            // The reader knows the checkpoint's size: it reports a log that ends before.
            match self.reader.next_group()? {
                Some(group) => self.waiting = group.into_iter(),
                None => return Ok(None),
            }
        }
    }
}
