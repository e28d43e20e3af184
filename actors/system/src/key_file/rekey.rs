//! Puts key files under a passphrase, under another one, or under none: one file, or all keys of a data directory.

use std::fs;
use std::path::{Path, PathBuf};

use icn_core::encode::SecretKey;

use super::{FormError, KeyFileError, Passphrase, PassphraseError, is_encrypted, pem, read_text, rewrite};
use crate::files::{Layout, Lock, LockError};

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
pub fn of_directory(data: &Path) -> Result<Vec<PathBuf>, KeyFileError> {
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

/// Whether any key of a data directory is encrypted.
pub fn is_any_encrypted(files: &[PathBuf]) -> Result<bool, KeyFileError> {
    for file in files {
        if is_encrypted(file)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes these key files anew under `new`, or under none. All are opened before one is written: a passphrase that is not
/// the right one changes nothing. Each file is replaced whole, and one that is under `new` already stays, so that a
/// change that was cut short is done by doing it again.
pub fn rekey(
    files: &[PathBuf],
    old: Option<&Passphrase>,
    new: Option<&Passphrase>,
) -> Result<usize, KeyFileError> {
    let mut keys = Vec::new();
    for path in files {
        if let Some(key) = open(path, old, new)? {
            keys.push((path, key));
        }
    }
    for (path, key) in &keys {
        rewrite(path, key, new)?;
    }
    Ok(keys.len())
}

/// The same of all keys of a data directory, which nobody may have open.
pub fn rekey_directory(
    data: &Path,
    old: Option<&Passphrase>,
    new: Option<&Passphrase>,
) -> Result<usize, RekeyError> {
    let files = of_directory(data)?;
    if files.is_empty() {
        return Err(RekeyError::None(data.to_owned()));
    }
    let _lock = Lock::take(&Layout::new(data))?;
    // A host may have made one just before.
    Ok(rekey(&of_directory(data)?, old, new)?)
}

/// A key that is to be written; nothing when its file is as it shall be.
fn open(
    path: &Path,
    old: Option<&Passphrase>,
    new: Option<&Passphrase>,
) -> Result<Option<SecretKey>, KeyFileError> {
    let text = read_text(path)?;
    let form = |why| KeyFileError::Form(path.to_owned(), why);
    if !pem::is_encrypted(&text) {
        let key = pem::parse(&text).map_err(form)?;
        return Ok(new.is_some().then_some(key));
    }
    let nobody = || KeyFileError::Passphrase(path.to_owned(), PassphraseError::Nobody);
    match pem::decrypt(&text, old.ok_or_else(nobody)?) {
        Ok(key) => Ok(Some(key)),
        // Done before.
        Err(FormError::WrongPassphrase) if new.is_some_and(|new| pem::decrypt(&text, new).is_ok()) => {
            Ok(None)
        }
        Err(why) => Err(form(why)),
    }
}
