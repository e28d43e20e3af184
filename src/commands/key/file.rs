//! Files of `icn key`: keys, and UCANs.
//!
//! What a key file is `key_file` knows: PKCS#8 in PEM, encrypted or not, or what a host keeps of its own.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use icn_core::limits::UCAN_BYTES_MAX;
use icn_runtime::SecretKey;
use icn_runtime::key_file::{self, FormError, KeyFileError};

use crate::commands::common::passphrase::PassphraseArguments;

/// The bytes of a file that may be a key or a UCAN: none has more than a UCAN may.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(UCAN_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(named)?;
    if bytes.len() > UCAN_BYTES_MAX {
        return Err(format!(
            "{}: more than {UCAN_BYTES_MAX} bytes, so neither a key nor a UCAN",
            path.display()
        ));
    }
    Ok(bytes)
}

/// The key in a file, which nobody but its owner may be able to read.
pub(super) fn read_key(path: &Path, passphrase: &PassphraseArguments) -> Result<SecretKey, String> {
    key_file::read(path, || passphrase.of(path)).map_err(|error| match error {
        KeyFileError::Form(path, FormError::Other) => format!(
            "{}: neither a key, which is PKCS#8 in PEM or 64 lower-case hexadecimal digits, nor a UCAN",
            path.display()
        ),
        error => error.to_string(),
    })
}

/// Writes a new file that anybody may read.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o644).open(path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
    written.map_err(|error| format!("{}: {error}", path.display()))
}
