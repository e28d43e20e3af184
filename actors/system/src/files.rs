//! The data directory: its layout, its lock, its keys, and files that are replaced whole.
//!
//! - `LOCK`: held by the process that has the directory open
//! - `host.key`: the host's secret, `scopes/<multikey>.key`: each scope's own, where it is here, and
//!   `scopes/<multikey>-<multikey>.key`: each scope's operating keys; in hexadecimal, or, under a
//!   passphrase, as `key_file` has it; mode 0600
//! - `artefacts.key`: the secret under which compiled modules are kept, in the same form
//! - `log/*.seg`: the log; the only thing that cannot be derived
//! - `checkpoint`, `log.vkey`: the newest signed checkpoint, and the key to verify it with
//! - `cosigned`: the newest one that witnesses cosigned, written by who asks them
//! - `snapshots/*.snap`, `artefacts/*.cwasm`: derived

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use icn_core::encode::SecretKey;
use icn_core::name::Did;
use zeroize::Zeroizing;

use crate::key_file::{self, KeyFileError, Passphrase};
use crate::store::StoreError;

/// Paths inside a data directory.
#[derive(Debug, Clone)]
pub struct Layout(PathBuf);

impl Layout {
    /// The layout of this directory.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }
    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0
    }
    /// Segment files.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }
    /// Snapshot files.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }
    /// The newest checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint")
    }
    /// The newest checkpoint that witnesses cosigned.
    #[must_use]
    pub fn cosigned(&self) -> PathBuf {
        self.0.join("cosigned")
    }
    pub(crate) fn cosigned_lock(&self) -> PathBuf {
        self.0.join("cosigned.lock")
    }
    /// The key that verifies checkpoints.
    #[must_use]
    pub fn verifier_key(&self) -> PathBuf {
        self.0.join("log.vkey")
    }
    /// Compiled modules.
    #[must_use]
    pub fn artefacts(&self) -> PathBuf {
        self.0.join("artefacts")
    }
    /// The secret that compiled modules are kept under.
    #[must_use]
    pub fn artefact_key(&self) -> PathBuf {
        self.0.join("artefacts.key")
    }
    pub(crate) fn host_key(&self) -> PathBuf {
        self.0.join("host.key")
    }
    pub(crate) fn scopes(&self) -> PathBuf {
        self.0.join("scopes")
    }
    pub(crate) fn scope_key(&self, scope: &Did) -> PathBuf {
        self.scopes().join(format!("{}.key", multikey(scope)))
    }
    pub(crate) fn operating_key(&self, scope: &Did, key: &Did) -> PathBuf {
        self.scopes().join(format!("{}-{}.key", multikey(scope), multikey(key)))
    }
}

fn multikey(did: &Did) -> &str {
    &did.as_str()["did:key:".len()..]
}

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

/// Replaces a file whole and durably: a new file beside it, synced, renamed, and the directory synced.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_beside(path, bytes, 0o644)
}

/// What has happened when a file is replaced: a process may end at each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceStep {
    /// Nothing yet.
    Begun,
    /// The new file is there, and empty.
    Created,
    /// It has its bytes.
    Written,
    /// They are durable.
    Synced,
    /// It stands in the old one's place.
    Renamed,
    /// And does so durably.
    Durable,
}

/// Replaces a file that its owner's eyes alone may see.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_beside(path, bytes, 0o600)
}

fn write_beside(path: &Path, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    replace_in_steps(path, bytes, mode, &mut |_| {})
}

/// Replaces a file, and says so at each step.
pub(crate) fn replace_in_steps(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    at: &mut dyn FnMut(ReplaceStep),
) -> Result<(), StoreError> {
    at(ReplaceStep::Begun);
    let beside = path.with_extension("new");
    // One that a crash left would keep its own mode.
    let _ = std::fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    let mut file = options.open(&beside).map_err(StoreError::io("creating", &beside))?;
    at(ReplaceStep::Created);
    file.write_all(bytes).map_err(StoreError::io("writing", &beside))?;
    at(ReplaceStep::Written);
    file.sync_all().map_err(StoreError::io("syncing", &beside))?;
    at(ReplaceStep::Synced);
    std::fs::rename(&beside, path).map_err(StoreError::io("renaming", &beside))?;
    at(ReplaceStep::Renamed);
    path.parent().map_or(Ok(()), sync_dir)?;
    at(ReplaceStep::Durable);
    Ok(())
}

/// Makes what a directory lists durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    let opened = File::open(dir).map_err(StoreError::io("opening", dir))?;
    opened.sync_all().map_err(StoreError::io("syncing", dir))
}

/// Makes a file durable that is written.
pub(crate) fn sync_file(file: &Path) -> Result<(), StoreError> {
    let opened = File::open(file).map_err(StoreError::io("opening", file))?;
    opened.sync_all().map_err(StoreError::io("syncing", file))
}

/// Makes a directory, and its name durable.
pub(crate) fn create_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(dir).map_err(StoreError::io("creating", dir))?;
    dir.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}

fn invalid(path: &Path, what: String) -> StoreError {
    StoreError::io("reading", path)(std::io::Error::new(std::io::ErrorKind::InvalidData, what))
}

/// Replaces a file that its owner alone may read.
pub(crate) fn replace_secret(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_beside(path, bytes, 0o600)
}

/// Reads a secret key; nothing when there is none. One that is encrypted is opened with the passphrase.
pub(crate) fn read_key(
    path: &Path,
    passphrase: Option<&Passphrase>,
) -> Result<Option<SecretKey>, StoreError> {
    let read = match passphrase {
        Some(passphrase) => key_file::read_with(path, passphrase),
        None => key_file::read(path, key_file::no_passphrase),
    };
    match read {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.is_absent() => Ok(None),
        Err(KeyFileError::Io { source, .. }) => Err(StoreError::io("reading", path)(source)),
        Err(error) => Err(invalid(path, error.to_string())),
    }
}

/// Writes a secret key for its owner's eyes alone. One that is there stays, and must be the same. With a passphrase
/// it is encrypted under it.
pub(crate) fn write_key(
    path: &Path,
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<(), StoreError> {
    if let Some(found) = read_key(path, passphrase)? {
        if found.did() == key.did() {
            return Ok(());
        }
        return Err(invalid(
            path,
            format!("it holds the key of {}, expected that of {}", found.did(), key.did()),
        ));
    }
    if let Some(parent) = path.parent() {
        create_dir(parent)?;
    }
    if passphrase.is_some() {
        return key_file::rewrite(path, key, passphrase).map_err(|error| invalid(path, error.to_string()));
    }
    let mut digits = Zeroizing::new([0u8; 65]);
    data_encoding::HEXLOWER.encode_mut(&*Zeroizing::new(key.to_bytes()), &mut digits[..64]);
    digits[64] = b'\n';
    replace_secret(path, &*digits)
}

/// What is said of a key that must be there.
pub(crate) fn missing_key(path: &Path, did: &Did) -> StoreError {
    invalid(path, format!("it is missing: it must hold the key of {did}"))
}

/// Reads the secret key of an identity, which must be there.
pub(crate) fn read_key_of(
    path: &Path,
    did: &Did,
    passphrase: Option<&Passphrase>,
) -> Result<SecretKey, StoreError> {
    key_of(path, read_key(path, passphrase)?, did)
}

/// The key that was found in a file, if it is that of this identity.
pub(crate) fn key_of(path: &Path, found: Option<SecretKey>, did: &Did) -> Result<SecretKey, StoreError> {
    let key = found.ok_or_else(|| missing_key(path, did))?;
    if key.did() == *did {
        return Ok(key);
    }
    Err(invalid(path, format!("it holds the key of {}, expected that of {did}", key.did())))
}

/// The key of the compiled modules on disk, and what a person should know of it. It protects nothing that cannot be
/// made again, so one that is torn, or that others could read, is replaced, and what was kept under it is removed.
pub(crate) fn artefact_key(layout: &Layout) -> Result<([u8; 32], Option<String>), StoreError> {
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
    write_beside(&path, format!("{}\n", data_encoding::HEXLOWER.encode(&key)).as_bytes(), 0o600)?;
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
