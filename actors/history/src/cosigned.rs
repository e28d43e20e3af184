//! The cosigned checkpoint of a data directory, and what a witness needs to cosign the next one. Neither is on the way of a
//! commit: both read what the host signed before, as an auditor does, and the host does not look at the result.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use icn_core::limits;
use icn_core::log::{
    Checkpoint, Frontier, KeyKind, Note, NoteError, ProofError, Prover, TrustError, TrustPolicy, Trusted,
    VerifierKey, consistency_ranges, leaf_hash,
};
use icn_core::name::Hash;

use crate::directory::Layout;
use crate::disk;
use crate::error::StoreError;
use crate::signed_log::{SignedLog, SignedLogError};

/// Why there is no cosigned checkpoint, or nothing to ask a witness with.
#[derive(Debug, thiserror::Error)]
pub enum CosignedError {
    /// The log cannot be read up to its checkpoint.
    #[error(transparent)]
    Log(#[from] SignedLogError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// What is there is no note.
    #[error("{}: {why}", path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// What is not right with it.
        why: NoteError,
    },
    /// Somebody else is at it.
    #[error("another `icn cosign` works on {}: end that one", .0.display())]
    Taken(PathBuf),
    /// The log's name is none that a note can carry.
    #[error("the log's origin {0} is no name that a note can carry")]
    Origin(String),
}

/// The newest signed checkpoint of a data directory, and the key that it is signed with.
#[derive(Debug, Clone)]
pub struct Newest {
    /// As the host issued it.
    pub note: String,
    /// Leaves.
    pub size: u64,
    /// The log's key.
    pub log: VerifierKey,
}

/// Reads the newest checkpoint, also while a host has the directory open.
pub fn newest(data: &Path) -> Result<Newest, CosignedError> {
    let log = SignedLog::open(data)?;
    let (host, size) = (log.host(), log.checkpoint().size);
    let key = VerifierKey::new(host.log.as_str(), KeyKind::Log, host.host);
    let key = key.ok_or_else(|| CosignedError::Origin(host.log.to_string()))?;
    Ok(Newest { note: log.note().to_owned(), size, log: key })
}

/// Proofs that the tree of `size` leaves begins with each of these smaller ones, in one pass over the log.
pub fn consistency(
    data: &Path,
    olds: &BTreeSet<u64>,
    size: u64,
) -> Result<BTreeMap<u64, Vec<Hash>>, CosignedError> {
    let mut provers = Vec::new();
    for old in olds {
        provers.push((*old, Prover::new(consistency_ranges(*old, size)?)));
    }
    if olds.iter().any(|old| *old != 0 && *old != size) {
        let mut log = SignedLog::open(data)?;
        while let Some((position, entry)) = log.next_entry()? {
            if position >= size {
                break;
            }
            for leaf in &entry.leaves {
                let hash = leaf_hash(leaf.as_bytes());
                provers.iter_mut().for_each(|(_, prover)| prover.push(hash));
            }
        }
    }
    let finish = |(old, prover): (u64, Prover)| {
        let proof = prover.finish().map_err(|missing| ProofError::Range(missing, size))?;
        Ok((old, proof))
    };
    provers.into_iter().map(finish).collect()
}

/// The cosigned checkpoint; nothing when there is none. No signature was verified.
pub fn read(data: &Path) -> Result<Option<String>, StoreError> {
    read_note(&Layout::new(data).cosigned())
}

/// A note that is a file; nothing when there is none.
pub(crate) fn read_note(path: &Path) -> Result<Option<String>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("opening", path)(error)),
    };
    let mut note = Vec::new();
    // One byte more than a note has, so that a longer one is seen to be longer.
    let most = limits::NOTE_BYTES_MAX as u64 + 1;
    file.take(most).read_to_end(&mut note).map_err(StoreError::io("reading", path))?;
    // What is not text is no note either.
    Ok(Some(String::from_utf8_lossy(&note).into_owned()))
}

/// The cosigned checkpoint that goes along with a copy of its log: of the same host, and held against the log while that is
/// read. What fails is a [`SignedLogError::Cosigned`].
///
/// Format: docs/formats.md, "Cosigned checkpoints".
#[derive(Debug)]
pub(crate) struct Along {
    path: PathBuf,
    note: String,
    checkpoint: Checkpoint,
    is_held: bool,
}

impl Along {
    /// Of a note that was read before the log's checkpoint, which then is not older; nothing when there is none.
    pub(crate) fn of(
        data: &Path,
        note: Option<String>,
        log: &SignedLog,
    ) -> Result<Option<Self>, SignedLogError> {
        let Some(note) = note else { return Ok(None) };
        let path = Layout::new(data).cosigned();
        let fail = |why: String| SignedLogError::Cosigned { path: path.clone(), why };
        Note::parse(&note).map_err(|error| fail(error.to_string()))?;
        let checkpoint = Checkpoint::open(&note, &log.host().log, &log.host().host);
        let checkpoint = checkpoint.map_err(|error| fail(error.to_string()))?;
        let (size, newest) = (checkpoint.size, log.checkpoint().size);
        if size > newest {
            return Err(fail(format!("it has {size} leaves, and the newest checkpoint {newest}")));
        }
        Ok(Some(Self { path, note, checkpoint, is_held: false }))
    }

    /// The note.
    pub(crate) fn note(&self) -> &str {
        &self.note
    }
    /// Its leaves.
    pub(crate) const fn size(&self) -> u64 {
        self.checkpoint.size
    }

    fn other(&self, found: String) -> SignedLogError {
        let (size, root) = (self.checkpoint.size, self.checkpoint.root.to_hex());
        let why = format!("its root at {size} leaves is {root}, the log's is {found}");
        SignedLogError::Cosigned { path: self.path.clone(), why }
    }

    /// Looks at the tree after each entry.
    pub(crate) fn pass(&mut self, frontier: &Frontier) -> Result<(), SignedLogError> {
        if frontier.size() == self.checkpoint.size {
            let root = frontier.root();
            if root != self.checkpoint.root {
                return Err(self.other(root.to_hex()));
            }
            self.is_held = true;
        }
        Ok(())
    }

    /// Reads the log once more, when it was read beyond already.
    pub(crate) fn look_back(&mut self, data: &Path) -> Result<(), SignedLogError> {
        let mut log = SignedLog::open(data)?;
        while log.frontier().size() < self.checkpoint.size && log.next_entry()?.is_some() {
            self.pass(log.frontier())?;
        }
        self.finish()
    }

    /// At the log's end: an entry ended at its size.
    pub(crate) fn finish(&self) -> Result<(), SignedLogError> {
        if self.is_held { Ok(()) } else { Err(self.other("none: no entry ends there".into())) }
    }
}

/// The right to write the cosigned checkpoint of a directory, while it is held.
#[derive(Debug)]
pub struct CosignedFile {
    path: PathBuf,
    _lock: File,
}

impl CosignedFile {
    /// Takes it, or says that somebody else has it.
    pub fn take(data: &Path) -> Result<Self, CosignedError> {
        let layout = Layout::new(data);
        let path = layout.cosigned_lock();
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let lock = options.open(&path).map_err(StoreError::io("opening", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: layout.cosigned(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(CosignedError::Taken(data.to_owned())),
            Err(std::fs::TryLockError::Error(error)) => Err(StoreError::io("locking", &path)(error).into()),
        }
    }

    /// What is there.
    pub fn read(&self) -> Result<Option<Note>, CosignedError> {
        let Some(text) = read_note(&self.path)? else { return Ok(None) };
        let note = Note::parse(&text).map_err(|why| CosignedError::Note { path: self.path.clone(), why })?;
        Ok(Some(note))
    }

    /// Replaces it.
    pub fn write(&self, note: &str) -> Result<(), CosignedError> {
        Ok(disk::replace(&self.path, note.as_bytes())?)
    }
}

/// What a policy says of a log's checkpoints: the newest one, or, when that has too few cosignatures, the one that was
/// cosigned before.
pub(crate) fn judge(
    policy: &TrustPolicy,
    newest: &str,
    cosigned: Option<&str>,
) -> Result<Trusted, TrustError> {
    match (policy.open(newest), cosigned) {
        (Err(TrustError::Quorum { .. }), Some(cosigned)) => policy.open(cosigned),
        (judged, _) => judged,
    }
}
