//! Puts key files under a passphrase, under another one, or under none: one file, or several.

use std::path::{Path, PathBuf};

use icn_core::encode::SecretKey;

use super::{FormError, KeyFileError, Passphrase, PassphraseError, is_encrypted, pem, read_text, rewrite};

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
