//! Reads and writes the files of `icn key`: key files and UCANs. `key_file` of the library knows the forms of
//! key files: PKCS#8 in PEM, encrypted or not, and the form in which a host keeps its own keys.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use icn_core::limits::UCAN_BYTES_MAX;
use icn_runtime::SecretKey;
use icn_runtime::key_file::{self, FormError, KeyFileError};

use crate::commands::common::passphrase::PassphraseArguments;

/// The bytes of a file that may be a key or a UCAN. A file longer than any UCAN is refused.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(UCAN_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(named)?;
    if bytes.len() > UCAN_BYTES_MAX {
        return Err(format!(
            "{}: it has more than {UCAN_BYTES_MAX} bytes, so it is neither a key nor a UCAN",
            path.display()
        ));
    }
    Ok(bytes)
}

/// The key in a file. The file is refused when others than its owner can read it.
pub(super) fn read_key(path: &Path, passphrase: &PassphraseArguments) -> Result<SecretKey, String> {
    key_file::read(path, || passphrase.of(path)).map_err(|error| match error {
        KeyFileError::Form(path, FormError::Other) => format!(
            "{}: expected a key (PKCS#8 in PEM, or 64 lower-case hexadecimal digits) or a UCAN",
            path.display()
        ),
        error => error.to_string(),
    })
}

/// Writes a new file that everybody may read. An existing file is not overwritten.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o644).open(path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
    written.map_err(|error| format!("{}: {error}", path.display()))
}
