//! Puts all secret keys of a data directory under a passphrase, under another one, or under none. The directory
//! is locked meanwhile: no host has it open.

use std::fs;
use std::path::{Path, PathBuf};

use super::layout::Layout;
use super::lock::{Lock, LockError};
use crate::key_file::{KeyFileError, Passphrase, rekey};

/// Why keys are not rewritten. A change that was interrupted is finished by doing it again.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// A key file cannot be read, opened or written. Files that were not written yet are as before.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The data directory is open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The directory has no key.
    #[error("{} has no key files: expected a host's data directory, with `host.key` and `scopes/*.key`", .0.display())]
    None(PathBuf),
}

/// The key files of a data directory, in the order of their paths: the host's, and those of its scopes.
pub fn key_files(data: &Path) -> Result<Vec<PathBuf>, KeyFileError> {
    let layout = Layout::new(data);
    let mut files = Vec::new();
    if layout.host_key().exists() {
        files.push(layout.host_key());
    }
    let scopes = layout.scopes();
    if scopes.is_dir() {
        let fail = |error| KeyFileError::io("listing", &scopes)(error);
        for entry in fs::read_dir(&scopes).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if is_key_file(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file in `scopes/` is a key file, told by its name.
pub(crate) fn is_key_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "key")
}

/// Rewrites all keys of a data directory, as [`rekey`] does. Gives how many were written.
pub fn rekey_directory(
    data: &Path,
    old: Option<&Passphrase>,
    new: Option<&Passphrase>,
) -> Result<usize, RekeyError> {
    if key_files(data)?.is_empty() {
        return Err(RekeyError::None(data.to_owned()));
    }
    let _lock = Lock::take(&Layout::new(data))?;
    // Listed again: a host may have made a key just before.
    Ok(rekey(&key_files(data)?, old, new)?)
}
