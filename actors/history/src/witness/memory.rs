//! The memory of a witness: the last cosigned note of each log, and the list of the logs that have one. Each is
//! a file that is replaced as a whole.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use icn_core::limits;
use sha2::{Digest as _, Sha256};

use super::steps::StepListener;
use crate::disk;
use crate::error::StoreError;

/// The SHA-256 of a log's origin, as paths name the log (C2SP tlog-witness, "Monitor Retrieval Mechanism").
#[must_use]
pub fn origin_hash(origin: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(origin))
}

/// The memory of one log.
#[derive(Debug)]
pub(super) struct Memory {
    hash: String,
    path: PathBuf,
}

impl Memory {
    /// The memory of this log, in the witness's directory.
    pub(super) fn new(dir: &Path, origin: &str) -> Self {
        let hash = origin_hash(origin);
        let path = dir.join("logs").join(&hash).join("checkpoint");
        Self { hash, path }
    }

    /// The SHA-256 of the log's origin.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// The file of the note.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the directory of the file, durably.
    pub(super) fn create_dir(&self) -> Result<(), StoreError> {
        self.path.parent().map_or(Ok(()), disk::create_dir)
    }

    /// Reads the note; `None` when there is none. No more than a note's greatest length is read, and one byte
    /// to notice a longer file.
    pub(super) fn read(&self) -> Result<Option<String>, StoreError> {
        let Some(file) = disk::open(&self.path)? else { return Ok(None) };
        let mut note = String::new();
        let most = limits::NOTE_BYTES_MAX as u64 + 1;
        file.take(most).read_to_string(&mut note).map_err(StoreError::io("reading", &self.path))?;
        Ok(Some(note))
    }

    /// Replaces the note, durably.
    pub(super) fn write(&self, note: &str, steps: &dyn StepListener) -> Result<(), StoreError> {
        replace(&self.path, note, steps)
    }
}

/// Reads the list of logs of which a checkpoint was cosigned; each is the SHA-256 of its origin.
pub(super) fn read_cosigned(dir: &Path) -> Result<BTreeSet<String>, StoreError> {
    let text = disk::read_text(&dir.join("cosigned"))?.unwrap_or_default();
    Ok(text.lines().map(str::to_owned).collect())
}

/// Replaces that list, durably.
pub(super) fn write_cosigned(
    dir: &Path,
    hashes: &BTreeSet<String>,
    steps: &dyn StepListener,
) -> Result<(), StoreError> {
    let text: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
    replace(&dir.join("cosigned"), &text, steps)
}

fn replace(path: &Path, text: &str, steps: &dyn StepListener) -> Result<(), StoreError> {
    disk::replace_in_steps(path, text.as_bytes(), &mut |step| steps.at(path, step))
}
