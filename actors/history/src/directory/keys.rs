//! The secret keys of a host and its scopes, each in a file of its own.

use std::path::Path;

use icn_core::encode::SecretKey;
use icn_core::name::Did;
use zeroize::Zeroizing;

use crate::disk::{create_dir, replace_secret};
use crate::error::StoreError;
use crate::key_file::{self, KeyFileError, Passphrase};

fn invalid(path: &Path, what: String) -> StoreError {
    StoreError::io("reading", path)(std::io::Error::new(std::io::ErrorKind::InvalidData, what))
}

/// Reads a secret key; nothing when there is none. One that is encrypted is opened with the passphrase.
pub fn read_key(path: &Path, passphrase: Option<&Passphrase>) -> Result<Option<SecretKey>, StoreError> {
    let read = match passphrase {
        Some(passphrase) => key_file::read_with(path, passphrase),
        None => key_file::read(path, key_file::no_passphrase),
    };
    match read {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.is_absent() => Ok(None),
        Err(KeyFileError::Io { source, .. }) => Err(StoreError::io("reading", path)(source)),
        Err(error) => Err(invalid(path, error.to_string())),
    }
}

/// Writes a secret key for its owner's eyes alone. One that is there stays, and must be the same. With a passphrase
/// it is encrypted under it.
pub fn write_key(path: &Path, key: &SecretKey, passphrase: Option<&Passphrase>) -> Result<(), StoreError> {
    if let Some(found) = read_key(path, passphrase)? {
        if found.did() == key.did() {
            return Ok(());
        }
        return Err(invalid(
            path,
            format!("it holds the key of {}, expected that of {}", found.did(), key.did()),
        ));
    }
    if let Some(parent) = path.parent() {
        create_dir(parent)?;
    }
    if passphrase.is_some() {
        return key_file::rewrite(path, key, passphrase).map_err(|error| invalid(path, error.to_string()));
    }
    let mut digits = Zeroizing::new([0u8; 65]);
    data_encoding::HEXLOWER.encode_mut(&*Zeroizing::new(key.to_bytes()), &mut digits[..64]);
    digits[64] = b'\n';
    replace_secret(path, &*digits)
}

/// What is said of a key that must be there.
pub fn missing_key(path: &Path, did: &Did) -> StoreError {
    invalid(path, format!("it is missing: it must hold the key of {did}"))
}

/// Reads the secret key of an identity, which must be there.
pub fn read_key_of(path: &Path, did: &Did, passphrase: Option<&Passphrase>) -> Result<SecretKey, StoreError> {
    key_of(path, read_key(path, passphrase)?, did)
}

/// The key that was found in a file, if it is that of this identity.
pub fn key_of(path: &Path, found: Option<SecretKey>, did: &Did) -> Result<SecretKey, StoreError> {
    let key = found.ok_or_else(|| missing_key(path, did))?;
    if key.did() == *did {
        return Ok(key);
    }
    Err(invalid(path, format!("it holds the key of {}, expected that of {did}", key.did())))
}
