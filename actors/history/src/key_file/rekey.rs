//! Puts key files under a passphrase, under another one, or under none.
//!
//! All files are opened before one is written, so a wrong passphrase changes nothing. Each file is replaced as
//! a whole. A file that is under the new passphrase already stays, so a change that was interrupted is finished
//! by doing it again.

use std::path::{Path, PathBuf};

use icn_core::encode::SecretKey;

use super::error::KeyFileError;
use super::file::{is_encrypted, read_text, rewrite};
use super::form::{self, FormError};
use super::passphrase::{Passphrase, PassphraseError};

/// Whether any of these key files is encrypted.
pub fn is_any_encrypted(files: &[PathBuf]) -> Result<bool, KeyFileError> {
    for file in files {
        if is_encrypted(file)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes these key files anew under the passphrase `new`, or under none. Gives how many were written.
pub fn rekey(
    files: &[PathBuf],
    old: Option<&Passphrase>,
    new: Option<&Passphrase>,
) -> Result<usize, KeyFileError> {
    let mut keys = Vec::new();
    for path in files {
        if let Some(key) = open_if_old(path, old, new)? {
            keys.push((path, key));
        }
    }
    for (path, key) in &keys {
        rewrite(path, key, new)?;
    }
    Ok(keys.len())
}

/// Opens a key file that must be written; `None` when the file is under `new` already.
fn open_if_old(
    path: &Path,
    old: Option<&Passphrase>,
    new: Option<&Passphrase>,
) -> Result<Option<SecretKey>, KeyFileError> {
    let text = read_text(path)?;
    if !form::is_encrypted(&text) {
        let key = form::parse(&text).map_err(KeyFileError::form(path))?;
        return Ok(new.is_some().then_some(key));
    }
    let nobody = || KeyFileError::Passphrase(path.to_owned(), PassphraseError::Nobody);
    match form::decrypt(&text, old.ok_or_else(nobody)?) {
        Ok(key) => Ok(Some(key)),
        Err(FormError::WrongPassphrase) if new.is_some_and(|new| form::decrypt(&text, new).is_ok()) => {
            Ok(None)
        }
        Err(why) => Err(KeyFileError::form(path)(why)),
    }
}
