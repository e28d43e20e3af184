//! What a data directory tells before its log is read: whether it is a host's at all, whether its log ever had
//! entries, and whether a host has it open. Nothing here writes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::layout::Layout;
use crate::error::StoreError;
use crate::{snapshot, store};

/// The names that a host gives to what it keeps in its directory; `*.new` are files that were being replaced.
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

/// What a new file system may have in its root.
const OF_THE_FILE_SYSTEM: &str = "lost+found";

/// Why a host does not begin a log in a directory that has none. Nothing was created.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is something that no host put there.
    #[error("{} is not a host's: it has no log, and {} is there; name a new or an empty directory", data.display(), found.display())]
    Foreign {
        /// The directory.
        data: PathBuf,
        /// What is there.
        found: PathBuf,
    },
    /// The log is gone.
    #[error("the log in {} is empty, and {} says that it was not: restore the log, or begin in another directory", log.display(), trace.display())]
    LogIsGone {
        /// Where the log should be.
        log: PathBuf,
        /// What a host writes only once its log has an entry.
        trace: PathBuf,
    },
    /// The store's word.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The names in a directory, in order; none when it is not there.
fn names(dir: &Path) -> Result<Vec<OsString>, StoreError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("listing", dir)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(StoreError::io("listing", dir))?.file_name());
    }
    names.sort();
    Ok(names)
}

/// A file that a host writes only once its log has a durable entry.
pub(crate) fn trace_of_entries(layout: &Layout) -> Result<Option<PathBuf>, StoreError> {
    for file in [layout.checkpoint(), layout.verifier_key(), layout.cosigned()] {
        if file.symlink_metadata().is_ok() {
            return Ok(Some(file));
        }
    }
    if let Some(snapshot) = snapshot::list(&layout.snapshots())?.into_iter().next() {
        return Ok(Some(snapshot));
    }
    let scopes = layout.scopes();
    let is_key = |name: &OsString| Path::new(name).extension().is_some_and(|extension| extension == "key");
    Ok(names(&scopes)?.iter().find(|name| is_key(name)).map(|name| scopes.join(name)))
}

/// Something in a directory that is none of a host's files.
fn foreign(layout: &Layout) -> Result<Option<PathBuf>, StoreError> {
    let data = layout.dir();
    let is_own = |name: &OsString| OWN_NAMES.iter().any(|own| name == *own) || name == OF_THE_FILE_SYSTEM;
    Ok(names(data)?.into_iter().find(|name| !is_own(name)).map(|name| data.join(name)))
}

/// Looks at a directory before anything is created in it: where there is no segment a log would be begun, and that
/// is done only among a host's own files, and only where no log ever was.
///
/// Format: docs/formats.md, "The data directory".
pub fn may_be_opened(layout: &Layout) -> Result<(), DirectoryError> {
    let log = layout.log();
    // First what comes later: another host may be beginning right now.
    let never_had_entries = log_is_not_gone(layout);
    if !store::has_no_segment(&log)? {
        return Ok(());
    }
    let in_log = || Ok::<_, StoreError>(names(&log)?.into_iter().next().map(|name| log.join(name)));
    let found = match foreign(layout)? {
        Some(found) => Some(found),
        None => in_log()?,
    };
    match found {
        Some(found) => Err(DirectoryError::Foreign { data: layout.dir().to_owned(), found }),
        None => never_had_entries,
    }
}

/// That a log without entries never had one.
pub fn log_is_not_gone(layout: &Layout) -> Result<(), DirectoryError> {
    match trace_of_entries(layout)? {
        Some(trace) => Err(DirectoryError::LogIsGone { log: layout.log(), trace }),
        None => Ok(()),
    }
}

/// Whether a directory has the marks of a host: a log with something that looks like a segment, an empty log among
/// nothing foreign, or another of a host's files.
pub(crate) fn is_a_hosts(layout: &Layout) -> Result<bool, StoreError> {
    if !layout.dir().is_dir() {
        return Ok(false);
    }
    let log = layout.log();
    let begun = |log: &Path| Ok::<_, StoreError>(names(log)?.is_empty() && foreign(layout)?.is_none());
    if log.is_dir() && (!store::has_no_segment(&log)? || begun(&log)?) {
        return Ok(true);
    }
    Ok(layout.host_key().is_file() || trace_of_entries(layout)?.is_some())
}
