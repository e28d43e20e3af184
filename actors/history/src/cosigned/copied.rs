//! `CosignedCopy`: the cosigned checkpoint that goes along with a copy of its log (an export, a publication, a
//! backup).
//!
//! It is read before the log's newest checkpoint, so that it is not newer. It must be signed by the log's host,
//! and it is compared with the log while that is copied: a checkpoint of another log goes into no copy. Every
//! error is a [`SignedLogError::Cosigned`].

use std::path::{Path, PathBuf};

use icn_core::log::{Checkpoint, Frontier, Note};

use crate::directory::Layout;
use crate::signed_log::{SignedLog, SignedLogError};

/// A cosigned checkpoint, and whether the log was found to have its root.
#[derive(Debug)]
pub(crate) struct CosignedCopy {
    path: PathBuf,
    note: String,
    checkpoint: Checkpoint,
    is_confirmed: bool,
}

impl CosignedCopy {
    /// Verifies a note that [`super::read`] gave before the log was opened; `None` when there was none.
    pub(crate) fn of(
        data: &Path,
        note: Option<String>,
        log: &SignedLog,
    ) -> Result<Option<Self>, SignedLogError> {
        let Some(note) = note else { return Ok(None) };
        let path = Layout::new(data).cosigned();
        let fail = |why: String| SignedLogError::Cosigned { path: path.clone(), why };
        Note::parse(&note).map_err(|error| fail(error.to_string()))?;
        let checkpoint = Checkpoint::open(&note, &log.host().log, &log.host().host);
        let checkpoint = checkpoint.map_err(|error| fail(error.to_string()))?;
        let (size, newest) = (checkpoint.size, log.checkpoint().size);
        if size > newest {
            return Err(fail(format!("it has {size} leaves, and the newest checkpoint {newest}")));
        }
        Ok(Some(Self { path, note, checkpoint, is_confirmed: false }))
    }

    /// The note, as it was read.
    pub(crate) fn note(&self) -> &str {
        &self.note
    }

    /// Its size, in leaves.
    pub(crate) const fn size(&self) -> u64 {
        self.checkpoint.size
    }

    fn other(&self, found: &str) -> SignedLogError {
        let (size, root) = (self.checkpoint.size, self.checkpoint.root.to_hex());
        let why = format!("its root at {size} leaves is {root}, the log's is {found}");
        SignedLogError::Cosigned { path: self.path.clone(), why }
    }

    /// Compares the tree after an entry of the log.
    pub(crate) fn compare(&mut self, frontier: &Frontier) -> Result<(), SignedLogError> {
        if frontier.size() == self.checkpoint.size {
            let root = frontier.root();
            if root != self.checkpoint.root {
                return Err(self.other(&root.to_hex()));
            }
            self.is_confirmed = true;
        }
        Ok(())
    }

    /// Reads the log from its begin to compare it. For a copy that has read past the checkpoint's size already.
    pub(crate) fn compare_from_begin(&mut self, data: &Path) -> Result<(), SignedLogError> {
        let mut log = SignedLog::open(data)?;
        while log.frontier().size() < self.checkpoint.size && log.next_entry()?.is_some() {
            self.compare(log.frontier())?;
        }
        self.finish()
    }

    /// Checks at the end of the log that it was confirmed: an entry ended at the checkpoint's size.
    pub(crate) fn finish(&self) -> Result<(), SignedLogError> {
        if self.is_confirmed { Ok(()) } else { Err(self.other("none: no entry ends there")) }
    }
}
