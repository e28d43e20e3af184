//! `WitnessDir`: an open witness, and its answers. All threads that answer share it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use icn_core::log::VerifierKey;
use icn_core::log::witness::{Cosigner, Refused, Request, Watched};

use super::answer::Answer;
use super::forks;
use super::memory::{Memory, origin_hash, write_cosigned};
use super::steps::StepListener;
use crate::directory::Lock;
use crate::error::StoreError;

/// A log that is watched, and its memory.
pub(super) struct WatchedLog {
    pub(super) watched: Watched,
    pub(super) memory: Memory,
    /// Whether a write failed. Then nobody knows what is on the disk: nothing is cosigned until the witness
    /// starts again and reads it.
    pub(super) is_broken: bool,
}

/// An open witness.
pub struct WitnessDir {
    pub(super) dir: PathBuf,
    pub(super) cosigner: Cosigner,
    /// The logs by their origins.
    pub(super) logs: BTreeMap<String, Mutex<WatchedLog>>,
    /// The logs of which a checkpoint was cosigned, as in the file `cosigned`.
    pub(super) cosigned: Mutex<BTreeSet<String>>,
    pub(super) steps: Arc<dyn StepListener>,
    pub(super) _lock: Lock,
}

impl std::fmt::Debug for WitnessDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WitnessDir")
            .field("dir", &self.dir)
            .field("key", self.cosigner.key())
            .finish_non_exhaustive()
    }
}

/// Locks, also after a thread panicked with the lock: it had not advanced the log, which is the last step of an
/// answer.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WitnessDir {
    /// The key that verifies this witness's cosignatures.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        self.cosigner.key()
    }

    /// The origins of the watched logs, each with the size of its last cosigned checkpoint.
    #[must_use]
    pub fn logs(&self) -> Vec<(String, u64)> {
        self.logs.iter().map(|(origin, log)| (origin.clone(), lock(log).watched.size())).collect()
    }

    /// Answers a request to cosign a checkpoint (C2SP tlog-witness, "add-checkpoint"). `now_s` is in seconds
    /// since the Unix epoch.
    pub fn add_checkpoint(&self, body: &[u8], now_s: u64) -> Answer {
        let request = match Request::parse(body) {
            Ok(request) => request,
            Err(why) => return Answer::text(400, &why),
        };
        let Some(log) = self.logs.get(request.origin()) else {
            let why = "the log is not watched: its key must be named to the witness with --log";
            return Answer::text(404, &why);
        };
        let mut log = lock(log);
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

    /// The last cosigned checkpoint of the log whose origin has this hash; `None` when there is none.
    #[must_use]
    pub fn checkpoint(&self, hash: &str) -> Option<String> {
        let (_, log) = self.logs.iter().find(|(origin, _)| origin_hash(origin) == hash)?;
        lock(log).watched.note().map(str::to_owned)
    }

    /// Makes a note durable, and the name of its log in the list.
    fn remember(&self, memory: &Memory, note: &str) -> Result<(), StoreError> {
        memory.write(note, &*self.steps)?;
        let mut cosigned = lock(&self.cosigned);
        if cosigned.contains(memory.hash()) {
            return Ok(());
        }
        let mut longer = cosigned.clone();
        longer.insert(memory.hash().to_owned());
        write_cosigned(&self.dir, &longer, &*self.steps)?;
        *cosigned = longer;
        Ok(())
    }

    /// The answer to a refused request. Evidence of a fork is kept.
    fn refuse(&self, log: &WatchedLog, request: &Request, refused: &Refused) -> Answer {
        if let Some(fork) = log.watched.evidence(request) {
            let text = fork.to_text();
            let kept = forks::keep(&self.dir, log.memory.hash(), &text);
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
