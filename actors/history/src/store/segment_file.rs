//! `SegmentFile`: one open segment file, read by sectors.
//!
//! It knows the file's length at one moment; `look_again` takes the length that the file has now. It never writes.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::format::{self, SECTOR_BYTES};
use crate::error::StoreError;

/// Bytes that are searched at once: a whole number of sectors.
const CHUNK_BYTES: u64 = 1024 * 1024;

/// An open segment file.
#[derive(Debug)]
pub(super) struct SegmentFile {
    file: File,
    path: PathBuf,
    length: u64,
}

impl SegmentFile {
    /// Takes an open file, with its present length.
    pub(super) fn new(file: File, path: &Path) -> Result<Self, StoreError> {
        let mut segment = Self { file, path: path.to_owned(), length: 0 };
        segment.look_again()?;
        Ok(segment)
    }

    /// Takes the present length of the file: a host may have written since.
    pub(super) fn look_again(&mut self) -> Result<(), StoreError> {
        self.length = self.file.metadata().map_err(StoreError::io("reading", &self.path))?.len();
        Ok(())
    }

    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The first sector. Bytes that a shorter file lacks are zero.
    pub(super) fn first_sector(&self) -> Result<[u8; SECTOR_BYTES], StoreError> {
        let mut sector = [0u8; SECTOR_BYTES];
        let there = usize::try_from(self.length).unwrap_or(usize::MAX).min(SECTOR_BYTES);
        self.file.read_exact_at(&mut sector[..there], 0).map_err(StoreError::io("reading", &self.path))?;
        Ok(sector)
    }

    /// Reads this many bytes; all of them must be in the file.
    pub(super) fn read(&self, offset: u64, bytes: u64) -> Result<Vec<u8>, StoreError> {
        let mut read = vec![0; usize::try_from(bytes).unwrap_or(0)];
        self.file.read_exact_at(&mut read, offset).map_err(StoreError::io("reading", &self.path))?;
        Ok(read)
    }

    /// Whether a group begins in these bytes. `offset` is the begin of a sector; `bytes` is rounded up to whole
    /// sectors.
    pub(super) fn group_begins(&self, offset: u64, bytes: u64) -> Result<bool, StoreError> {
        let end = offset + bytes.next_multiple_of(SECTOR_BYTES as u64);
        let mut at = offset;
        while at < end {
            let chunk = self.read(at, (end - at).min(CHUNK_BYTES))?;
            if format::group_begins(&chunk) {
                return Ok(true);
            }
            at += chunk.len() as u64;
        }
        Ok(false)
    }

    /// Bytes from `offset` to the last byte that is not zero, that one included; 0 when all are zero.
    pub(super) fn bytes_in_use(&self, offset: u64) -> Result<u64, StoreError> {
        let mut end = self.length;
        while end > offset {
            let start = end.saturating_sub(CHUNK_BYTES).max(offset);
            let chunk = self.read(start, end - start)?;
            if let Some(at) = chunk.iter().rposition(|byte| *byte != 0) {
                return Ok(start + at as u64 + 1 - offset);
            }
            end = start;
        }
        Ok(0)
    }
}
