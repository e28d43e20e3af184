//! Snapshots: what a fold of the log gives at a position, to start from. Derived, and so never trusted: a
//! snapshot whose hash, log root or position does not fit is put aside, and the fold starts from zero.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use icn_core::encode;
use icn_core::fold::ChainParts;
use icn_core::ledger::{Books, CommandId, Remembered};
use icn_core::log::{Frontier, Head, Log};
use icn_core::name::{BlockId, Did, Hash};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk;
use crate::error::StoreError;

/// Bytes of the SHA-256 at a file's end.
const DIGEST_BYTES: u64 = 32;

/// What a snapshot holds.
///
/// Format: docs/formats.md, "Snapshot files".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Leaves folded.
    pub size: u64,
    /// The log's frontier.
    pub frontier: Vec<Hash>,
    /// Each author's last sequence number and block.
    pub heads: Vec<(Did, u64, BlockId)>,
    /// The ledger's books.
    pub books: Books,
    /// What the ledger remembers of clients' ids.
    pub commands: Vec<(Did, CommandId, Remembered)>,
    /// The scopes.
    pub chains: Vec<(Did, ChainParts)>,
    /// Engines described.
    pub engines: Vec<BlockId>,
}

impl Snapshot {
    /// The frontier, if its parts fit.
    #[must_use]
    pub fn frontier(&self) -> Option<Frontier> {
        Frontier::from_parts(self.size, self.frontier.clone())
    }
    /// Each author's last block.
    #[must_use]
    pub fn heads(&self) -> BTreeMap<Did, Head> {
        self.heads.iter().map(|(author, seq, block)| (*author, Head { seq: *seq, block: *block })).collect()
    }
}

/// A snapshot file that is not usable, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The file.
    pub file: PathBuf,
    /// Why.
    pub why: String,
}

/// Writes a snapshot and removes older ones. The file is the dag-cbor and its SHA-256.
pub fn write(dir: &Path, snapshot: &Snapshot) -> Result<PathBuf, StoreError> {
    std::fs::create_dir_all(dir).map_err(StoreError::io("creating", dir))?;
    let mut bytes = encode::to_bytes(snapshot);
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    let path = dir.join(format!("{:016}.snap", snapshot.size));
    disk::replace(&path, &bytes)?;
    for other in list(dir)? {
        if other != path {
            std::fs::remove_file(&other).map_err(StoreError::io("removing", &other))?;
        }
    }
    Ok(path)
}

/// Snapshot files, the newest first.
pub fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("listing", dir)(error)),
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "snap"))
        .collect();
    files.sort();
    files.reverse();
    Ok(files)
}

/// Reads a snapshot file: first for its hash, then for what it says, so that its bytes are never in memory together.
pub fn read(path: &Path) -> Result<Snapshot, Unusable> {
    let unusable = |why: String| Unusable { file: path.to_owned(), why };
    let failed = |error: std::io::Error| unusable(error.to_string());
    // A host that replaces it meanwhile leaves this one as it is.
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let length = file.get_ref().metadata().map_err(failed)?.len();
    let body = length.saturating_sub(DIGEST_BYTES);
    let (mut hasher, mut hashed) = (Sha256::new(), 0);
    let mut bytes = file.by_ref().take(body);
    loop {
        let some = bytes.fill_buf().map_err(failed)?;
        if some.is_empty() {
            break;
        }
        hasher.update(some);
        hashed += some.len();
        let read = some.len();
        bytes.consume(read);
    }
    let mut digest = Vec::new();
    file.by_ref().take(DIGEST_BYTES).read_to_end(&mut digest).map_err(failed)?;
    if hasher.finalize().as_slice() != digest {
        return Err(unusable(format!("its {hashed} bytes do not have the SHA-256 at its end")));
    }
    file.rewind().map_err(failed)?;
    let snapshot: Snapshot =
        encode::from_reader("snapshot", file.take(body)).map_err(|e| unusable(e.to_string()))?;
    let named = format!("{:016}.snap", snapshot.size);
    if path.file_name().is_none_or(|name| *name != *named) {
        return Err(unusable(format!("it is of size {}, its name should be {named}", snapshot.size)));
    }
    Ok(snapshot)
}

/// What a snapshot of this fold is.
pub fn snapshot_of(
    log: &Log,
    (books, commands): (Books, Vec<(Did, CommandId, Remembered)>),
    chains: Vec<(Did, ChainParts)>,
    engines: &BTreeSet<BlockId>,
) -> Snapshot {
    let (size, frontier) = log.frontier().parts();
    Snapshot {
        size,
        frontier: frontier.to_vec(),
        heads: log.heads().iter().map(|(author, head)| (*author, head.seq, head.block)).collect(),
        books,
        commands,
        chains,
        engines: engines.iter().copied().collect(),
    }
}
