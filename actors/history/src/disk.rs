//! Files and directories that are made durable, and files that are replaced whole.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::error::StoreError;

/// Replaces a file whole and durably: a new file beside it, synced, renamed, and the directory synced.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_beside(path, bytes, 0o644)
}

/// What has happened when a file is replaced: a process may end at each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceStep {
    /// Nothing yet.
    Begun,
    /// The new file is there, and empty.
    Created,
    /// It has its bytes.
    Written,
    /// They are durable.
    Synced,
    /// It stands in the old one's place.
    Renamed,
    /// And does so durably.
    Durable,
}

/// Replaces a file that its owner's eyes alone may see.
pub(crate) fn replace_secret(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_beside(path, bytes, 0o600)
}

fn write_beside(path: &Path, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    replace_in_steps(path, bytes, mode, &mut |_| {})
}

/// Replaces a file, and says so at each step.
pub(crate) fn replace_in_steps(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    at: &mut dyn FnMut(ReplaceStep),
) -> Result<(), StoreError> {
    at(ReplaceStep::Begun);
    let beside = path.with_extension("new");
    // One that a crash left would keep its own mode.
    let _ = std::fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    let mut file = options.open(&beside).map_err(StoreError::io("creating", &beside))?;
    at(ReplaceStep::Created);
    file.write_all(bytes).map_err(StoreError::io("writing", &beside))?;
    at(ReplaceStep::Written);
    file.sync_all().map_err(StoreError::io("syncing", &beside))?;
    at(ReplaceStep::Synced);
    std::fs::rename(&beside, path).map_err(StoreError::io("renaming", &beside))?;
    at(ReplaceStep::Renamed);
    path.parent().map_or(Ok(()), sync_dir)?;
    at(ReplaceStep::Durable);
    Ok(())
}

/// Makes what a directory lists durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    let opened = File::open(dir).map_err(StoreError::io("opening", dir))?;
    opened.sync_all().map_err(StoreError::io("syncing", dir))
}

/// Makes a file durable that is written.
pub(crate) fn sync_file(file: &Path) -> Result<(), StoreError> {
    let opened = File::open(file).map_err(StoreError::io("opening", file))?;
    opened.sync_all().map_err(StoreError::io("syncing", file))
}

/// Makes a directory, and its name durable.
pub fn create_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(dir).map_err(StoreError::io("creating", dir))?;
    dir.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}
