//! Files of `icn key`: keys, and UCANs.
//!
//! A key file is the one that a host keeps: 64 lower-case hexadecimal digits and a line's end, for its owner alone.
//! [`read_key`] and [`create_key`] are the only places here that know that form.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use icn_core::limits::UCAN_BYTES_MAX;
use icn_runtime::SecretKey;

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
pub(super) fn read_key(path: &Path) -> Result<SecretKey, String> {
    let named = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let mode = std::fs::metadata(path).map_err(|error| named(&error))?.permissions().mode();
    if mode & 0o077 != 0 {
        let found = mode & 0o777;
        return Err(named(&format!(
            "expected a key that its owner alone can use (mode 600), found mode {found:o}"
        )));
    }
    let bytes = read(path)?;
    let digits = data_encoding::HEXLOWER.decode(bytes.trim_ascii());
    let secret = digits.ok().and_then(|secret| <[u8; 32]>::try_from(secret).ok());
    let what = "neither a key, which is 64 lower-case hexadecimal digits, nor a UCAN";
    secret.map(|secret| SecretKey::from_bytes(&secret)).ok_or_else(|| named(&what))
}

/// Writes a new key file.
pub(super) fn create_key(path: &Path, key: &SecretKey) -> Result<(), String> {
    write(path, format!("{}\n", data_encoding::HEXLOWER.encode(&key.to_bytes())).as_bytes(), 0o600)
}

/// Writes a new file that anybody may read.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), String> {
    write(path, bytes, 0o644)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), String> {
    let written =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
    written.map_err(|error| format!("{}: {error}", path.display()))
}
