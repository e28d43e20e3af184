//! Puts all secret keys of a data directory under a passphrase, under another one, or under none.

use std::fs;
use std::path::{Path, PathBuf};

use super::layout::Layout;
use super::lock::{Lock, LockError};
use crate::key_file::{KeyFileError, Passphrase, rekey};

/// Why keys are not rewritten.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// A key file cannot be read, opened or written. What is not written yet is as it was; do it again.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The data directory is open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// No key is there.
    #[error("{} has no key files: expected a host's data directory, with `host.key` and `scopes/*.key`", .0.display())]
    None(PathBuf),
}

/// The key files of a data directory: the host's, and those of its scopes.
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
            if path.extension().is_some_and(|extension| extension == "key") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The same of all keys of a data directory, which nobody may have open.
pub fn rekey_directory(
    data: &Path,
    old: Option<&Passphrase>,
    new: Option<&Passphrase>,
) -> Result<usize, RekeyError> {
    let files = key_files(data)?;
    if files.is_empty() {
        return Err(RekeyError::None(data.to_owned()));
    }
    let _lock = Lock::take(&Layout::new(data))?;
    // A host may have made one just before.
    Ok(rekey(&key_files(data)?, old, new)?)
}
