//! The secret keys of a host and its scopes, each in a file of its own.
//!
//! A key that exists stays, and must be the expected one: nothing here replaces a key by another. Without a
//! passphrase a key is written as 64 hexadecimal digits, with one as an encrypted key file.

use std::path::Path;

use icn_core::encode::SecretKey;
use icn_core::name::Did;
use zeroize::Zeroizing;

use crate::disk::{create_dir, replace_secret};
use crate::error::StoreError;
use crate::key_file::{self, KeyFileError, Passphrase};

/// Reads a secret key; `None` when the file does not exist. The passphrase is used when the file is encrypted.
pub fn read_key(path: &Path, passphrase: Option<&Passphrase>) -> Result<Option<SecretKey>, StoreError> {
    let read = match passphrase {
        Some(passphrase) => key_file::read_with(path, passphrase),
        None => key_file::read(path, key_file::no_passphrase),
    };
    match read {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.is_absent() => Ok(None),
        Err(KeyFileError::Io { source, .. }) => Err(StoreError::io("reading", path)(source)),
        Err(error) => Err(StoreError::invalid(path, error.to_string())),
    }
}

/// Writes a secret key for its owner alone, encrypted when there is a passphrase. A key that exists stays, and
/// must be the same.
pub fn write_key(path: &Path, key: &SecretKey, passphrase: Option<&Passphrase>) -> Result<(), StoreError> {
    if let Some(found) = read_key(path, passphrase)? {
        return expect_key(path, &found, &key.did());
    }
    if let Some(parent) = path.parent() {
        create_dir(parent)?;
    }
    if passphrase.is_some() {
        return key_file::rewrite(path, key, passphrase)
            .map_err(|error| StoreError::invalid(path, error.to_string()));
    }
    let mut digits = Zeroizing::new([0u8; 65]);
    data_encoding::HEXLOWER.encode_mut(&*Zeroizing::new(key.to_bytes()), &mut digits[..64]);
    digits[64] = b'\n';
    replace_secret(path, &*digits)
}

/// The error for a key that must exist and does not.
pub fn missing_key(path: &Path, did: &Did) -> StoreError {
    StoreError::invalid(path, format!("it is missing: it must hold the key of {did}"))
}

/// Reads the secret key of `did`, which must exist.
pub fn read_key_of(path: &Path, did: &Did, passphrase: Option<&Passphrase>) -> Result<SecretKey, StoreError> {
    key_of(path, read_key(path, passphrase)?, did)
}

/// The key that [`read_key`] found in this file, if it exists and is the key of `did`.
pub fn key_of(path: &Path, found: Option<SecretKey>, did: &Did) -> Result<SecretKey, StoreError> {
    let key = found.ok_or_else(|| missing_key(path, did))?;
    expect_key(path, &key, did).map(|()| key)
}

fn expect_key(path: &Path, found: &SecretKey, expected: &Did) -> Result<(), StoreError> {
    if found.did() == *expected {
        return Ok(());
    }
    let why = format!("it holds the key of {}, expected that of {expected}", found.did());
    Err(StoreError::invalid(path, why))
}
