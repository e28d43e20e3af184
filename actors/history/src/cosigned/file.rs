//! `CosignedFile`: the right to write the cosigned checkpoint of a directory. One process has it at a time; the
//! host's own lock is another one.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use icn_core::log::Note;

use super::error::CosignedError;
use super::note::read_note;
use crate::directory::Layout;
use crate::disk;
use crate::error::StoreError;

/// The right to write the cosigned checkpoint of a directory, until it is dropped or the process ends.
#[derive(Debug)]
pub struct CosignedFile {
    path: PathBuf,
    _lock: File,
}

impl CosignedFile {
    /// Takes the right.
    ///
    /// # Errors
    /// [`CosignedError::Taken`] when another process has it.
    pub fn take(data: &Path) -> Result<Self, CosignedError> {
        let layout = Layout::new(data);
        let path = layout.cosigned_lock();
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let lock = options.open(&path).map_err(StoreError::io("opening", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: layout.cosigned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(CosignedError::Taken(data.to_owned())),
            Err(TryLockError::Error(error)) => Err(StoreError::io("locking", &path)(error).into()),
        }
    }

    /// Reads the cosigned checkpoint; `None` when there is none.
    pub fn read(&self) -> Result<Option<Note>, CosignedError> {
        let Some(text) = read_note(&self.path)? else { return Ok(None) };
        let note = Note::parse(&text).map_err(|why| CosignedError::Note { path: self.path.clone(), why })?;
        Ok(Some(note))
    }

    /// Replaces the cosigned checkpoint.
    pub fn write(&self, note: &str) -> Result<(), CosignedError> {
        Ok(disk::replace(&self.path, note.as_bytes())?)
    }
}
