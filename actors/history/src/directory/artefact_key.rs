//! The secret that protects compiled modules on disk (`artefacts.key`).
//!
//! It protects only what can be compiled again. So a key that is torn, or that others could read, is replaced,
//! and every module that was stored under it is removed first.

use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::layout::Layout;
use crate::disk::{self, replace_secret};
use crate::error::StoreError;

/// Why there is no key when the file does not exist.
const ABSENT: &str = "is missing";

/// Reads the key, or makes a new one. The second value tells a person that a key was replaced, and why.
///
/// Format: docs/formats.md, "The data directory".
pub fn artefact_key(layout: &Layout) -> Result<([u8; 32], Option<String>), StoreError> {
    let (path, dir) = (layout.artefact_key(), layout.artefacts());
    let why = match read(&path)? {
        Ok(key) => return Ok((key, None)),
        Err(why) => why,
    };
    let had_modules = match std::fs::remove_dir_all(&dir) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(StoreError::io("removing", &dir)(error)),
    };
    let mut key = [0u8; 32];
    getrandom::fill(&mut key).map_err(|error| {
        StoreError::io("making a key for", &path)(std::io::Error::other(error.to_string()))
    })?;
    replace_secret(&path, format!("{}\n", data_encoding::HEXLOWER.encode(&key)).as_bytes())?;
    let notice = (had_modules || why != ABSENT).then(|| {
        format!(
            "the key in {} {why}: a new key was made, and the modules in {} are compiled again",
            path.display(),
            dir.display()
        )
    });
    if let Some(notice) = &notice {
        tracing::warn!(target: "icn::security", event = "artefact_key_replaced", "{notice}");
    }
    Ok((key, notice))
}

/// The key, or why it cannot be used.
fn read(path: &Path) -> Result<Result<[u8; 32], &'static str>, StoreError> {
    let Some(file) = disk::open(path)? else { return Ok(Err(ABSENT)) };
    let found = file.metadata().map_err(StoreError::io("reading", path))?;
    if found.permissions().mode() & 0o077 != 0 {
        return Ok(Err("could be read by others"));
    }
    let mut text = Vec::new();
    // One byte more than a key has, to notice a longer file.
    file.take(66).read_to_end(&mut text).map_err(StoreError::io("reading", path))?;
    let digits = text.strip_suffix(b"\n").unwrap_or_default();
    let key = data_encoding::HEXLOWER.decode(digits).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
    Ok(key.ok_or("is not 64 lower-case hexadecimal digits and a line end"))
}
