//! `CarFile`: the CAR of a publication while it is written. Bytes that were published before are compared;
//! behind them it is written. The file grows at its end alone.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::disk;
use crate::error::StoreError;

/// The CAR of a publication.
#[derive(Debug)]
pub(super) struct CarFile {
    path: PathBuf,
    /// Bytes that were compared or written.
    length: u64,
    /// The existing bytes that were not compared yet. `None` once anything is written.
    old: Option<BufReader<File>>,
    new: Option<BufWriter<File>>,
}

impl CarFile {
    /// Opens the file, if it exists.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let old = disk::open(path)?.map(BufReader::new);
        Ok(Self { path: path.to_owned(), length: 0, old, new: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that were compared or written.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Whether the file exists and has bytes that were not compared.
    pub(super) const fn has_old(&self) -> bool {
        self.old.is_some()
    }

    /// Adds bytes: compares them with the existing ones, or writes them. False when the file has other bytes
    /// there and they may not differ. Where they may differ, the file is cut and written from there on.
    pub(super) fn push(&mut self, bytes: &[u8], may_differ: bool) -> Result<bool, StoreError> {
        if let Some(old) = &mut self.old {
            let mut there = Vec::new();
            let read = old.by_ref().take(bytes.len() as u64).read_to_end(&mut there);
            read.map_err(StoreError::io("reading", &self.path))?;
            if there == bytes {
                self.length += bytes.len() as u64;
                return Ok(true);
            }
            if !may_differ {
                return Ok(false);
            }
            self.old = None;
        }
        let new = match &mut self.new {
            Some(new) => new,
            none => none.insert(BufWriter::new(cut(&self.path, self.length)?)),
        };
        new.write_all(bytes).map_err(StoreError::io("writing", &self.path))?;
        self.length += bytes.len() as u64;
        Ok(true)
    }

    /// Makes durable what was written.
    pub(super) fn sync(&mut self) -> Result<(), StoreError> {
        let Some(new) = &mut self.new else { return Ok(()) };
        new.flush().map_err(StoreError::io("writing", &self.path))?;
        new.get_ref().sync_all().map_err(StoreError::io("syncing", &self.path))
    }
}

/// Opens or creates a file to write behind its first `length` bytes. The rest was left by a write that was cut short.
fn cut(path: &Path, length: u64) -> Result<File, StoreError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    let mut file = file.map_err(StoreError::io("opening", path))?;
    file.set_len(length).map_err(StoreError::io("cutting", path))?;
    file.seek(SeekFrom::Start(length)).map_err(StoreError::io("writing", path))?;
    Ok(file)
}
