//! The lock of a data directory: one process writes, and an auditor keeps writers away while it reads a log's end.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;

use super::layout::Layout;
use crate::error::StoreError;

/// The held lock of a data directory; released when dropped, or when the process ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held open for its lock")] File);

/// Why a directory cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error("the data directory {} is open in another process: end that one, or name another directory", .0.display())]
    Taken(PathBuf),
    /// The operating system's word.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a host may be writing.
#[derive(Debug)]
pub(crate) enum Writers {
    /// None is, and none begins while the lock is held.
    Absent(Option<Lock>),
    /// One has the directory open.
    Present,
}

/// How often, and after how long, a lock is asked for again: an auditor has it while it reads a log's last entries.
const LOCK_TRIES: u32 = 20;
const LOCK_AGAIN_AFTER: std::time::Duration = std::time::Duration::from_millis(10);

impl Lock {
    /// Takes the lock, or says that it is taken.
    pub fn take(layout: &Layout) -> Result<Self, LockError> {
        for _ in 1..LOCK_TRIES {
            match Self::try_take(layout) {
                Err(LockError::Taken(_)) => std::thread::sleep(LOCK_AGAIN_AFTER),
                taken => return taken,
            }
        }
        Self::try_take(layout)
    }

    /// Keeps hosts away while a log's last entries are read, if none has the directory open. Without a lock file no
    /// host was ever there, and on a file system without locks none can be told.
    pub(crate) fn share(layout: &Layout) -> Result<Writers, StoreError> {
        let path = layout.dir().join("LOCK");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Writers::Absent(None)),
            Err(error) => return Err(StoreError::io("opening", &path)(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Writers::Absent(Some(Self(file)))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(Writers::Present),
            Err(std::fs::TryLockError::Error(_)) => Ok(Writers::Absent(None)),
        }
    }

    fn try_take(layout: &Layout) -> Result<Self, LockError> {
        let path = layout.dir().join("LOCK");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(StoreError::io("opening", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(LockError::Taken(layout.dir().to_owned())),
            Err(std::fs::TryLockError::Error(error)) => Err(StoreError::io("locking", &path)(error).into()),
        }
    }
}
