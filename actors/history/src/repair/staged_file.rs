//! `StagedFile`: a segment file that a repair makes beside the old one, as `*.new`.
//!
//! It begins as a copy of the old file, so that only what changed is written. The old file is never written.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::StoreError;
use crate::store::format;

/// The path of the new file of a segment.
pub(super) fn staged_path(log: &Path, number: u64) -> PathBuf {
    format::segment_path(log, number).with_extension("new")
}

/// A segment file that changes. In a dry run there is no file, and nothing is written.
pub(super) struct StagedFile {
    path: PathBuf,
    file: Option<File>,
}

impl StagedFile {
    /// Makes the new file of a segment: a copy of the old file, or an empty one where there is none.
    pub(super) fn make(log: &Path, number: u64, is_dry: bool) -> Result<Self, StoreError> {
        let (old, path) = (format::segment_path(log, number), staged_path(log, number));
        if is_dry {
            return Ok(Self { path, file: None });
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        if old.is_file() {
            std::fs::copy(&old, &path).map_err(StoreError::io("copying", &old))?;
        } else {
            options.create(true).truncate(true);
        }
        let file = options.open(&path).map_err(StoreError::io("creating", &path))?;
        Ok(Self { path, file: Some(file) })
    }

    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(file) = &self.file else { return Ok(()) };
        file.write_all_at(bytes, offset).map_err(StoreError::io("writing", &self.path))
    }

    /// Makes the file durable. With a length it is cut there first.
    pub(super) fn finish(self, length: Option<u64>) -> Result<(), StoreError> {
        let Some(file) = self.file else { return Ok(()) };
        if let Some(length) = length {
            file.set_len(length).map_err(StoreError::io("cutting", &self.path))?;
        }
        file.sync_all().map_err(StoreError::io("syncing", &self.path))
    }
}

/// Whether the old file of a segment has these bytes at this place.
pub(super) fn old_has(log: &Path, number: u64, offset: u64, bytes: &[u8]) -> Result<bool, StoreError> {
    let path = format::segment_path(log, number);
    let Some(file) = disk::open(&path)? else { return Ok(false) };
    let mut there = vec![0; bytes.len()];
    match file.read_exact_at(&mut there, offset) {
        Ok(()) => Ok(there == bytes),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(StoreError::io("reading", &path)(error)),
    }
}

/// Whether the old file of a segment is longer than this.
pub(super) fn old_is_longer(log: &Path, number: u64, length: u64) -> Result<bool, StoreError> {
    let path = format::segment_path(log, number);
    match std::fs::metadata(&path) {
        Ok(metadata) => Ok(metadata.len() > length),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io("reading", &path)(error)),
    }
}
