//! Keeps evidence that a log signed two histories. One file is enough to prove it, so only some of each log are kept.

use std::path::{Path, PathBuf};

use super::memory::origin_hash;
use crate::disk;
use crate::error::StoreError;

/// Evidence files of one log, at most.
const FORKS_KEPT_MAX: usize = 8;

/// Keeps evidence against the log with this hash. Gives the file where this evidence is, or other evidence
/// against the log.
pub(super) fn keep(dir: &Path, log: &str, text: &str) -> Result<PathBuf, StoreError> {
    let dir = dir.join("forks");
    disk::create_dir(&dir)?;
    // Any hash of the text would do for its name.
    let path = dir.join(format!("{log}-{}.fork", &origin_hash(text)[..16]));
    let is_of_log =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(log));
    let kept: Vec<PathBuf> = disk::list(&dir)?.into_iter().filter(is_of_log).collect();
    if kept.contains(&path) || kept.len() >= FORKS_KEPT_MAX {
        return Ok(kept.into_iter().next().unwrap_or(path));
    }
    disk::replace(&path, text.as_bytes())?;
    Ok(path)
}
