//! Durable files: a file is replaced as a whole, and a directory's list of names is synced.
//!
//! A replacement writes the new file next to the old one (`*.new`), syncs it, renames it, and syncs the
//! directory. A crash at any step leaves the old file or the new one, never a mix, and at most a leftover
//! `*.new`.
//!
//! This file knows nothing of what is in the files. A write that failed is reported; nothing here tries it again.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// Mode of files that everybody may read.
const MODE_PUBLIC: u32 = 0o644;
/// Mode of files that only their owner may read.
const MODE_SECRET: u32 = 0o600;

/// How far a replacement of a file has come. A process may be killed at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceStep {
    /// Nothing was changed yet.
    Begun,
    /// The new file exists, and is empty.
    Created,
    /// The new file has its bytes, perhaps only in memory.
    Written,
    /// The bytes of the new file are durable.
    Synced,
    /// The new file has the name of the old one, perhaps only in memory.
    Renamed,
    /// The new name is durable.
    Durable,
}

/// Replaces a file as a whole and durably. Everybody may read it.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    replace_with_mode(path, bytes, MODE_PUBLIC, &mut |_| {})
}

/// Replaces a file as [`replace`] does. Only its owner may read it.
pub(crate) fn replace_secret(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    replace_with_mode(path, bytes, MODE_SECRET, &mut |_| {})
}

/// Replaces a file as [`replace`] does, and calls `at` at each step.
pub(crate) fn replace_in_steps(
    path: &Path,
    bytes: &[u8],
    at: &mut dyn FnMut(ReplaceStep),
) -> Result<(), StoreError> {
    replace_with_mode(path, bytes, MODE_PUBLIC, at)
}

fn replace_with_mode(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    at: &mut dyn FnMut(ReplaceStep),
) -> Result<(), StoreError> {
    at(ReplaceStep::Begun);
    let new = path.with_extension("new");
    // A leftover of a crash would keep its own mode.
    let _ = std::fs::remove_file(&new);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    let mut file = options.open(&new).map_err(StoreError::io("creating", &new))?;
    at(ReplaceStep::Created);
    file.write_all(bytes).map_err(StoreError::io("writing", &new))?;
    at(ReplaceStep::Written);
    file.sync_all().map_err(StoreError::io("syncing", &new))?;
    at(ReplaceStep::Synced);
    std::fs::rename(&new, path).map_err(StoreError::io("renaming", &new))?;
    at(ReplaceStep::Renamed);
    path.parent().map_or(Ok(()), sync_dir)?;
    at(ReplaceStep::Durable);
    Ok(())
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    let opened = File::open(dir).map_err(StoreError::io("opening", dir))?;
    opened.sync_all().map_err(StoreError::io("syncing", dir))
}

/// Makes the bytes of a written file durable.
pub(crate) fn sync_file(file: &Path) -> Result<(), StoreError> {
    let opened = File::open(file).map_err(StoreError::io("opening", file))?;
    opened.sync_all().map_err(StoreError::io("syncing", file))
}

/// Creates a directory with its parents, and makes its name durable. Does nothing when it exists.
pub fn create_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(dir).map_err(StoreError::io("creating", dir))?;
    dir.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}

/// Opens a file for reading; `None` when it does not exist.
pub(crate) fn open(path: &Path) -> Result<Option<File>, StoreError> {
    if_it_exists(File::open(path), "opening", path)
}

/// Reads a text file as a whole; `None` when it does not exist.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, StoreError> {
    if_it_exists(std::fs::read_to_string(path), "reading", path)
}

/// Reads a file as a whole; `None` when it does not exist.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    if_it_exists(std::fs::read(path), "reading", path)
}

fn if_it_exists<T>(
    done: std::io::Result<T>,
    what: &'static str,
    path: &Path,
) -> Result<Option<T>, StoreError> {
    match done {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(what, path)(error)),
    }
}

/// The paths in a directory, in the order of their names; none when the directory does not exist.
pub(crate) fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let Some(entries) = if_it_exists(std::fs::read_dir(dir), "listing", dir)? else { return Ok(Vec::new()) };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<std::io::Result<Vec<_>>>().map_err(StoreError::io("listing", dir))?;
    paths.sort();
    Ok(paths)
}

/// Whether a directory has no entries, or does not exist. Something else at this path is not free.
pub(crate) fn is_free(dir: &Path) -> Result<bool, StoreError> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(dir.symlink_metadata().is_err()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(StoreError::io("listing", dir)(error)),
    }
}
