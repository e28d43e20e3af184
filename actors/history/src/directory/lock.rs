//! `Lock`: one process has a data directory open for writing.
//!
//! A host holds the lock exclusively for as long as it is open. An auditor holds it shared while it reads the
//! last entries of the log, so that no host begins to write meanwhile; the exclusive lock is therefore tried
//! again for a moment. The operating system releases a lock when its process ends, so a crash leaves none.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use super::layout::Layout;
use crate::disk;
use crate::error::StoreError;

/// How often the exclusive lock is tried.
const TRIES: u32 = 20;
/// Time between two tries. An auditor holds the shared lock for less than all tries together.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// The lock of a data directory, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held open for its lock")] File);

/// Why a directory cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds the lock.
    #[error("the data directory {} is open in another process: end that one, or name another directory", .0.display())]
    Taken(PathBuf),
    /// The lock file cannot be opened or locked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a host may be writing to a directory.
#[derive(Debug)]
pub(crate) enum Writers {
    /// No host writes, and none begins while the lock is held.
    Absent(Option<Lock>),
    /// A host has the directory open.
    Present,
}

impl Lock {
    /// Takes the lock exclusively.
    ///
    /// # Errors
    /// [`LockError::Taken`] when another process holds it, also after some tries.
    pub fn take(layout: &Layout) -> Result<Self, LockError> {
        for _ in 1..TRIES {
            match Self::try_take(layout) {
                Err(LockError::Taken(_)) => std::thread::sleep(TRY_AGAIN_AFTER),
                taken => return taken,
            }
        }
        Self::try_take(layout)
    }

    /// Takes the lock shared, if no host has the directory open. Without a lock file no host was ever here; a
    /// file system that has no locks cannot tell, and counts as one without a host.
    pub(crate) fn share(layout: &Layout) -> Result<Writers, StoreError> {
        let Some(file) = disk::open(&layout.lock())? else { return Ok(Writers::Absent(None)) };
        Ok(match file.try_lock_shared() {
            Ok(()) => Writers::Absent(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Writers::Present,
            Err(TryLockError::Error(_)) => Writers::Absent(None),
        })
    }

    fn try_take(layout: &Layout) -> Result<Self, LockError> {
        let path = layout.lock();
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(StoreError::io("opening", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken(layout.dir().to_owned())),
            Err(TryLockError::Error(error)) => Err(StoreError::io("locking", &path)(error).into()),
        }
    }
}
