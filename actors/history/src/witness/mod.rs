//! A witness's memory on disk, and its answers: what `icn witness` is without its sockets.
//!
//! ```text
//! DIR/LOCK                       held by the process that has the directory open
//!     witness.key                the secret key, mode 0600
//!     witness.vkey               the key that verifies cosignatures
//!     cosigned                   the logs of which something was cosigned: the SHA-256 of each origin, a line each
//!     logs/<hash>/checkpoint     what was cosigned last of a log, as a signed note
//!     forks/<hash>-<hash>.fork   evidence against a log: the first hash is its origin's, the second that of the file
//! ```
//!
//! A cosignature leaves only when its note is durable: written beside, synced, renamed, the directory synced. Then `cosigned`
//! has the log too, so that a note that is lost is not taken for one that never was: a witness without its memory could
//! cosign a fork. Requests of one log are answered one after the other.

mod memory;
mod setup;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use icn_core::log::VerifierKey;
use icn_core::log::witness::{Cosigner, Refused, Request, WatchError, Watched};
use sha2::{Digest as _, Sha256};

use crate::directory::{Lock, LockError};
use crate::disk;
pub use crate::disk::ReplaceStep;
use crate::error::StoreError;
use crate::key_file::{KeyFileError, Passphrase, PassphraseError};
use memory::Memory;

/// Evidence files of one log that are kept, at most: one is enough to prove a fork.
const FORKS_KEPT_MAX: usize = 8;

/// A process may end at each of these; tests make it.
pub trait Steps: Send + Sync {
    /// A file of the memory is being replaced.
    fn at(&self, file: &Path, step: ReplaceStep);
}

impl Steps for () {
    fn at(&self, _: &Path, _: ReplaceStep) {}
}

/// Gives the passphrase of the key file that is being made.
pub type NewPassphrase = Option<Box<dyn FnOnce(&Path) -> Result<Passphrase, PassphraseError>>>;

/// What a witness is opened with.
pub struct WitnessOptions {
    /// Its directory; created when it is not there.
    pub dir: PathBuf,
    /// Its name in signature lines; needed the first time, and must be the same from then on.
    pub name: Option<String>,
    /// Its key file, when that is elsewhere than in the directory; it must be there.
    pub key: Option<PathBuf>,
    /// What a key that is made is encrypted under; nothing makes one that is not encrypted.
    pub new_passphrase: NewPassphrase,
    /// Begin without a memory, with a key that was there before: only right when it never cosigned anything.
    pub begin: bool,
    /// The logs that are watched: their keys, whose names are their origins.
    pub logs: Vec<VerifierKey>,
    /// Hears of each step: nothing outside of tests.
    pub steps: Arc<dyn Steps>,
}

impl WitnessOptions {
    /// A witness in this directory, that watches these logs.
    #[must_use]
    pub fn new(dir: &Path, logs: Vec<VerifierKey>) -> Self {
        Self {
            dir: dir.to_owned(),
            name: None,
            key: None,
            new_passphrase: None,
            begin: false,
            logs,
            steps: Arc::new(()),
        }
    }
}

/// Why a witness does not begin.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// Another process has the directory open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key is not to be had.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// No name the first time, or one that no note can carry.
    #[error("{0}")]
    Name(String),
    /// It has a key and no memory.
    #[error(
        "{key} is there and {vkey} is not: a witness that has lost its memory could cosign a fork. Restore the whole directory; or begin with a new key in a new directory; or, if this key never cosigned anything, say --begin",
        key = .key.display(), vkey = .vkey.display()
    )]
    NoMemory {
        /// The key's file.
        key: PathBuf,
        /// What is written the first time.
        vkey: PathBuf,
    },
    /// The memory is another witness's.
    #[error("{path} says {found}, this key and name are {expected}: name the directory of this witness", path = .path.display())]
    OtherWitness {
        /// The file with the verifier key.
        path: PathBuf,
        /// The verifier key of this witness.
        expected: String,
        /// What the file says.
        found: String,
    },
    /// A log was cosigned, and what was cosigned is gone.
    #[error(
        "{} is missing, and something was cosigned of {origin}: without it the log could be rolled back. Restore the file, or begin with a new key in a new directory", path.display()
    )]
    Lost {
        /// The note's file.
        path: PathBuf,
        /// The log.
        origin: String,
    },
    /// What was cosigned does not hold, or a log's key is not one.
    #[error("{place}: {why}")]
    Watch {
        /// The file, or the argument.
        place: String,
        /// What is not right with it.
        why: WatchError,
    },
    /// Nothing to watch.
    #[error("no log to watch: name the verifier key of one")]
    NoLog,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A text for a person.
    #[must_use]
    pub fn text(status: u16, why: &dyn std::fmt::Display) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: format!("{why}\n") }
    }
}

/// A log and what is remembered of it.
struct Log {
    watched: Watched,
    memory: Memory,
    /// Whether a write failed: then nobody knows what is on the disk, and nothing is cosigned until a restart reads it.
    is_broken: bool,
}

/// A witness that is open: shared by all who answer for it.
pub struct WitnessDir {
    dir: PathBuf,
    cosigner: Cosigner,
    /// By origin.
    logs: BTreeMap<String, Mutex<Log>>,
    /// The logs of which something was cosigned, in `cosigned`.
    cosigned: Mutex<std::collections::BTreeSet<String>>,
    steps: Arc<dyn Steps>,
    _lock: Lock,
}

impl std::fmt::Debug for WitnessDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WitnessDir")
            .field("dir", &self.dir)
            .field("key", self.cosigner.key())
            .finish_non_exhaustive()
    }
}

/// The SHA-256 of an origin, as a path names it (C2SP tlog-witness, "Monitor Retrieval Mechanism").
#[must_use]
pub fn origin_hash(origin: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(origin))
}

impl WitnessDir {
    /// Opens a witness's directory, and makes one that is not there: with a new key, unless one is named.
    pub fn open(
        options: WitnessOptions,
        passphrase: impl FnOnce(&Path) -> Result<Passphrase, PassphraseError>,
    ) -> Result<Self, WitnessError> {
        setup::open(options, passphrase)
    }

    /// The key that verifies its cosignatures.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        self.cosigner.key()
    }

    /// The logs that are watched, each with the size that was cosigned last.
    #[must_use]
    pub fn logs(&self) -> Vec<(String, u64)> {
        let size = |log: &Mutex<Log>| log.lock().unwrap_or_else(PoisonError::into_inner).watched.size();
        self.logs.iter().map(|(origin, log)| (origin.clone(), size(log))).collect()
    }

    /// Answers a request to cosign, at this time in seconds since the Unix epoch (C2SP tlog-witness, "add-checkpoint").
    pub fn add_checkpoint(&self, body: &[u8], now_s: u64) -> Answer {
        let request = match Request::parse(body) {
            Ok(request) => request,
            Err(why) => return Answer::text(400, &why),
        };
        let Some(log) = self.logs.get(request.origin()) else {
            let why = "the log is not watched: its key must be named to the witness with --log";
            return Answer::text(404, &why);
        };
        // Whoever panicked with the lock had not advanced: that is the last thing that is done.
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.is_broken {
            return Answer::text(
                503,
                &"the witness could not write its memory: see its log, and start it again",
            );
        }
        let pending = match log.watched.judge(&request, &self.cosigner, now_s) {
            Ok(pending) => pending,
            Err(refused) => return self.refuse(&log, &request, &refused),
        };
        if let Err(error) = self.remember(&log.memory, pending.note()) {
            log.is_broken = true;
            tracing::error!(target: "icn::witness", event = "memory", origin = request.origin(), "{error}");
            return Answer::text(500, &"the witness could not write its memory");
        }
        let body = log.watched.advance(pending);
        tracing::info!(target: "icn::witness", event = "cosigned", origin = request.origin(), size = request.head().size);
        Answer { status: 200, content_type: "text/plain; charset=utf-8", body }
    }

    /// What was cosigned last of the log whose origin has this hash; nothing when nothing was.
    #[must_use]
    pub fn checkpoint(&self, hash: &str) -> Option<String> {
        let (_, log) = self.logs.iter().find(|(origin, _)| origin_hash(origin) == hash)?;
        let log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.watched.note().map(str::to_owned)
    }

    fn remember(&self, memory: &Memory, note: &str) -> Result<(), StoreError> {
        memory.keep(note, &*self.steps)?;
        let mut cosigned = self.cosigned.lock().unwrap_or_else(PoisonError::into_inner);
        if cosigned.contains(memory.hash()) {
            return Ok(());
        }
        let mut with = cosigned.clone();
        with.insert(memory.hash().to_owned());
        setup::write_cosigned(&self.dir, &with, &*self.steps)?;
        *cosigned = with;
        Ok(())
    }

    fn refuse(&self, log: &Log, request: &Request, refused: &Refused) -> Answer {
        if let Some(fork) = log.watched.evidence(request) {
            let text = fork.to_text();
            let kept = keep_fork(&self.dir, log.memory.hash(), &text);
            let place = kept.map_or_else(|error| error.to_string(), |path| path.display().to_string());
            tracing::warn!(target: "icn::security", event = "fork", origin = request.origin(), evidence = place, "{refused}");
        } else {
            tracing::info!(target: "icn::witness", event = "refused", origin = request.origin(), "{refused}");
        }
        match refused {
            Refused::Conflict(size) => {
                Answer { status: 409, content_type: "text/x.tlog.size", body: format!("{size}\n") }
            }
            refused => Answer::text(refused.status(), refused),
        }
    }
}

/// Keeps evidence of a fork, each once, and not more than so many of a log; says where it, or that of another, is.
fn keep_fork(dir: &Path, log: &str, text: &str) -> Result<PathBuf, StoreError> {
    let dir = dir.join("forks");
    disk::create_dir(&dir)?;
    let path = dir.join(format!("{log}-{}.fork", &origin_hash(text)[..16]));
    let names = std::fs::read_dir(&dir).map_err(StoreError::io("listing", &dir))?;
    let of_log =
        names.filter_map(Result::ok).filter(|entry| entry.file_name().to_string_lossy().starts_with(log));
    let kept: Vec<PathBuf> = of_log.map(|entry| entry.path()).collect();
    if kept.contains(&path) || kept.len() >= FORKS_KEPT_MAX {
        return Ok(kept.into_iter().next().unwrap_or(path));
    }
    disk::replace(&path, text.as_bytes())?;
    Ok(path)
}
