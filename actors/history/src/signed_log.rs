//! What a data directory's signed checkpoint covers, entry by entry. It never changes, so it is read without a lock,
//! also while a host has the directory open.

use std::path::{Path, PathBuf};

use icn_core::block::{Entry, HostBlock};
use icn_core::encode::{DecodeError, Domain, Envelope};
use icn_core::log::{Checkpoint, CheckpointError, Frontier};
use icn_core::name::BlockId;

use crate::checkpoint;
use crate::directory;
use crate::directory::Layout;
use crate::error::StoreError;
use crate::store::Reader;

/// Why a log cannot be read up to its checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum SignedLogError {
    /// The store's word.
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
    /// The checkpoint is not the host's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The host signed another history.
    #[error(
        "the host signed the root {signed} for the size {size}, the log has {found} there: run `icn audit`"
    )]
    OtherHistory {
        /// The checkpoint's size.
        size: u64,
        /// What was signed.
        signed: String,
        /// What the log gives.
        found: String,
    },
    /// The cosigned checkpoint is not one of this log.
    #[error(
        "{}: {why}; expected a checkpoint of this log: run `icn audit`. If it shows no fork, move the file away and run `icn cosign`",
        path.display()
    )]
    Cosigned {
        /// The file.
        path: PathBuf,
        /// What is not right with it.
        why: String,
    },
}

/// A log up to its checkpoint.
#[derive(Debug)]
pub struct SignedLog {
    reader: Reader,
    /// Entries that were read and not given yet.
    waiting: std::vec::IntoIter<(u64, Entry)>,
    frontier: Frontier,
    host: HostBlock,
    checkpoint: Checkpoint,
    note: String,
}

impl SignedLog {
    /// Opens a data directory: reads the first entry, which says whose log it is, and verifies the checkpoint.
    pub fn open(data: &Path) -> Result<Self, SignedLogError> {
        let layout = Layout::new(data);
        if !directory::is_a_hosts(&layout)? {
            let missing = std::io::Error::new(
                std::io::ErrorKind::NotFound,
                "no log there: expected a host's data directory",
            );
            return Err(StoreError::io("opening", &layout.log())(missing).into());
        }
        let none = || SignedLogError::NoCheckpoint(data.display().to_string());
        let note = checkpoint::read_checkpoint(&layout)?.ok_or_else(none)?;
        let mut reader = Reader::new(&layout.log());
        // A checkpoint was signed, so the first entry was durable.
        reader.must_reach(1);
        let group = reader.next_group()?.unwrap_or_default();
        let host = group.first().ok_or_else(none).and_then(|(_, entry)| host_of(entry))?;
        let checkpoint = Checkpoint::open(&note, &host.log, &host.host)?;
        reader.must_reach(checkpoint.size);
        Ok(Self { reader, waiting: group.into_iter(), frontier: Frontier::default(), host, checkpoint, note })
    }

    /// Whose log it is.
    #[must_use]
    pub const fn host(&self) -> &HostBlock {
        &self.host
    }
    /// What it is read up to.
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

    /// Takes the newest checkpoint, once all that the one before covers was given: says whether there is more to read. It must
    /// be the host's, and of a log that is not smaller.
    pub fn renew(&mut self, data: &Path) -> Result<bool, SignedLogError> {
        let none = || SignedLogError::NoCheckpoint(data.display().to_string());
        let note = checkpoint::read_checkpoint(&Layout::new(data))?.ok_or_else(none)?;
        if note == self.note {
            return Ok(false);
        }
        let newer = Checkpoint::open(&note, &self.host.log, &self.host.host)?;
        let (size, before) = (newer.size, self.checkpoint.size);
        if size < before || (size == before && newer.root != self.checkpoint.root) {
            let (signed, found) =
                (self.checkpoint.root.to_hex(), format!("{} at {size}", newer.root.to_hex()));
            return Err(SignedLogError::OtherHistory { size: before, signed, found });
        }
        self.reader.must_reach(size);
        self.reader.look_again()?;
        (self.checkpoint, self.note) = (newer, note);
        Ok(size > before)
    }

    /// The next entry and the position of its first leaf; nothing once the checkpoint's size is reached, and then the
    /// root was the checkpoint's.
    pub fn next_entry(&mut self) -> Result<Option<(u64, Entry)>, SignedLogError> {
        let size = self.checkpoint.size;
        if self.frontier.size() >= size {
            let root = self.frontier.root();
            if self.frontier.size() == size && root == self.checkpoint.root {
                return Ok(None);
            }
            let found =
                if self.frontier.size() == size { root.to_hex() } else { "no entry that ends".into() };
            return Err(SignedLogError::OtherHistory { size, signed: self.checkpoint.root.to_hex(), found });
        }
        loop {
            if let Some((position, entry)) = self.waiting.next() {
                entry.leaves.iter().for_each(|leaf| self.frontier.append(leaf));
                return Ok(Some((position, entry)));
            }
            // The reader was told how far the log must reach: where it ends before, it says so.
            match self.reader.next_group()? {
                Some(group) => self.waiting = group.into_iter(),
                None => return Ok(None),
            }
        }
    }
}

/// What the first entry of a log says of its host, when the host signed it.
pub(crate) fn host_of(entry: &Entry) -> Result<HostBlock, SignedLogError> {
    let bad = |why: &dyn std::fmt::Display| SignedLogError::Host(why.to_string());
    let block = |id: &BlockId| entry.block(id).ok_or_else(|| bad(&format!("its block {id} is missing")));
    let first = entry.leaves.first().ok_or_else(|| bad(&"it has no leaf"))?;
    let envelope = Envelope::from_bytes(block(first)?.bytes()).map_err(|error| bad(&error))?;
    let payload = block(&envelope.payload())?;
    let host = HostBlock::from_bytes(payload.bytes()).map_err(|error: DecodeError| bad(&error))?;
    if envelope.is_by(&host.host, Domain::Host, payload) {
        return Ok(host);
    }
    Err(bad(&format!("{} did not sign it", host.host)))
}
