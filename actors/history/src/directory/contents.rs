//! What the names in a data directory say before its log is read: whether it is a host's at all, and whether
//! its log ever had an entry. Nothing here writes or locks.
//!
//! The danger is a log that is gone: a host that began a new one in its place would sign a second history. So a
//! host begins a log only in a directory that has no other files than a host's own, and no trace of a log.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::layout::Layout;
use super::rekey::is_key_file;
use crate::disk;
use crate::error::StoreError;
use crate::snapshot;
use crate::store::listing::Listing;

/// The names that a host gives to its files; `*.new` are files that were being replaced.
const OWN_NAMES: [&str; 19] = [
    "LOCK",
    "host.key",
    "host.new",
    "scopes",
    "log",
    "log.vkey",
    "log.new",
    "checkpoint",
    "checkpoint.new",
    "cosigned",
    "cosigned.new",
    "cosigned.lock",
    "snapshots",
    "artefacts",
    "artefacts.key",
    "artefacts.new",
    "damaged",
    "repair.json",
    "repair.new",
];

/// A name that a new file system may have in its root.
const FILE_SYSTEM_NAME: &str = "lost+found";

/// Why a host does not begin a log in a directory that has none. Nothing was created.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The directory has a file that no host made.
    #[error("{} is not a host's: it has no log, and {} is there; name a new or an empty directory", data.display(), found.display())]
    Foreign {
        /// The directory.
        data: PathBuf,
        /// The file.
        found: PathBuf,
    },
    /// The log had entries, and is empty or missing now.
    #[error("the log in {} is empty, and {} shows that it had entries: restore the log, or begin in another directory", log.display(), trace.display())]
    LogIsGone {
        /// Where the log should be.
        log: PathBuf,
        /// A file that a host writes only when its log has an entry.
        trace: PathBuf,
    },
    /// The directory cannot be listed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file that a host writes only when its log has a durable entry.
pub(crate) fn trace_of_entries(layout: &Layout) -> Result<Option<PathBuf>, StoreError> {
    for file in [layout.checkpoint(), layout.verifier_key(), layout.cosigned()] {
        if file.symlink_metadata().is_ok() {
            return Ok(Some(file));
        }
    }
    if let Some(snapshot) = snapshot::list(&layout.snapshots())?.into_iter().next() {
        return Ok(Some(snapshot));
    }
    Ok(disk::list(&layout.scopes())?.into_iter().find(|path| is_key_file(path)))
}

/// A file in the directory that no host made.
fn foreign(layout: &Layout) -> Result<Option<PathBuf>, StoreError> {
    let is_own = |name: OsString| OWN_NAMES.iter().any(|own| name == *own) || name == FILE_SYSTEM_NAME;
    let is_foreign = |path: &PathBuf| !path.file_name().is_some_and(|name| is_own(name.to_owned()));
    Ok(disk::list(layout.dir())?.into_iter().find(is_foreign))
}

fn has_segments(log: &Path) -> Result<bool, StoreError> {
    Ok(!Listing::read(log)?.is_empty())
}

/// Whether a host may open this directory: it has a segment, or a log may begin in it. Called before anything
/// is created or locked.
///
/// Format: docs/formats.md, "The data directory".
pub fn may_be_opened(layout: &Layout) -> Result<(), DirectoryError> {
    let log = layout.log();
    // Looked at before the segments, which are written first: another host may be beginning right now.
    let never_had_entries = log_is_not_gone(layout);
    if has_segments(&log)? {
        return Ok(());
    }
    let found = match foreign(layout)? {
        Some(found) => Some(found),
        None => disk::list(&log)?.into_iter().next(),
    };
    match found {
        Some(found) => Err(DirectoryError::Foreign { data: layout.dir().to_owned(), found }),
        None => never_had_entries,
    }
}

/// Checks that a log without entries never had one.
pub fn log_is_not_gone(layout: &Layout) -> Result<(), DirectoryError> {
    match trace_of_entries(layout)? {
        Some(trace) => Err(DirectoryError::LogIsGone { log: layout.log(), trace }),
        None => Ok(()),
    }
}

/// Whether a host made this directory. One of these shows it: a segment, or a file that looks like one; an
/// empty log, with no foreign file beside it; the host's key; a trace of entries.
pub(crate) fn is_a_hosts(layout: &Layout) -> Result<bool, StoreError> {
    if !layout.dir().is_dir() {
        return Ok(false);
    }
    let log = layout.log();
    if log.is_dir() {
        let is_begun = disk::list(&log)?.is_empty() && foreign(layout)?.is_none();
        if is_begun || has_segments(&log)? {
            return Ok(true);
        }
    }
    Ok(layout.host_key().is_file() || trace_of_entries(layout)?.is_some())
}
