//! The secret that compiled modules are kept under.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::layout::Layout;
use crate::disk::replace_secret;
use crate::error::StoreError;

/// The key of the compiled modules on disk, and what a person should know of it. It protects nothing that cannot be
/// made again, so one that is torn, or that others could read, is replaced, and what was kept under it is removed.
///
/// Format: docs/formats.md, "The data directory".
pub fn artefact_key(layout: &Layout) -> Result<([u8; 32], Option<String>), StoreError> {
    let (path, dir) = (layout.artefact_key(), layout.artefacts());
    let why = match read_artefact_key(&path)? {
        Ok(key) => return Ok((key, None)),
        Err(why) => why,
    };
    let kept = match std::fs::remove_dir_all(&dir) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(StoreError::io("removing", &dir)(error)),
    };
    let mut key = [0u8; 32];
    getrandom::fill(&mut key).map_err(|error| {
        StoreError::io("making a key for", &path)(std::io::Error::other(error.to_string()))
    })?;
    replace_secret(&path, format!("{}\n", data_encoding::HEXLOWER.encode(&key)).as_bytes())?;
    let notice = (kept || why != ABSENT).then(|| {
        format!(
            "the key in {} {why}: a new one was made, and the compiled modules in {} are compiled anew",
            path.display(),
            dir.display()
        )
    });
    if let Some(notice) = &notice {
        tracing::warn!(target: "icn::security", event = "artefact_key_replaced", "{notice}");
    }
    Ok((key, notice))
}

const ABSENT: &str = "is missing";

/// The key, or why there is none that can be used.
fn read_artefact_key(path: &Path) -> Result<Result<[u8; 32], &'static str>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Err(ABSENT)),
        Err(error) => return Err(StoreError::io("opening", path)(error)),
    };
    let found = file.metadata().map_err(StoreError::io("reading", path))?;
    if found.permissions().mode() & 0o077 != 0 {
        return Ok(Err("could be read by others"));
    }
    let mut text = Vec::new();
    // One byte more than a key has, so that a longer one is seen to be longer.
    file.take(66).read_to_end(&mut text).map_err(StoreError::io("reading", path))?;
    let digits = text.strip_suffix(b"\n").unwrap_or_default();
    let key = data_encoding::HEXLOWER.decode(digits).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
    Ok(key.ok_or("is not 64 lower-case hexadecimal digits and a line's end"))
}
