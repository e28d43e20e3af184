//! What was cosigned last of one log: a note in a file of its own.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use icn_core::limits;

use super::{Steps, origin_hash};
use crate::disk;
use crate::error::StoreError;

/// The file of one log.
#[derive(Debug)]
pub(super) struct Memory {
    hash: String,
    path: PathBuf,
}

impl Memory {
    /// That of this log, in a witness's directory.
    pub(super) fn new(dir: &Path, origin: &str) -> Self {
        let hash = origin_hash(origin);
        let path = dir.join("logs").join(&hash).join("checkpoint");
        Self { hash, path }
    }

    pub(super) fn hash(&self) -> &str {
        &self.hash
    }
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the directory of the file, durably.
    pub(super) fn make_room(&self) -> Result<(), StoreError> {
        self.path.parent().map_or(Ok(()), disk::create_dir)
    }

    /// The note; nothing when there is none.
    pub(super) fn read(&self) -> Result<Option<String>, StoreError> {
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("opening", &self.path)(error)),
        };
        let mut note = String::new();
        // One byte more than a note has, so that a longer one is seen to be longer.
        let most = limits::NOTE_BYTES_MAX as u64 + 1;
        file.take(most).read_to_string(&mut note).map_err(StoreError::io("reading", &self.path))?;
        Ok(Some(note))
    }

    /// Makes a note durable, in the place of the one before.
    pub(super) fn keep(&self, note: &str, steps: &dyn Steps) -> Result<(), StoreError> {
        disk::replace_in_steps(&self.path, note.as_bytes(), &mut |step| steps.at(&self.path, step))
    }
}
