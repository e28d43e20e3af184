//! Snapshots: what a log adds up to at a size, to begin a fold from there.
//!
//! A snapshot is derived, and never trusted: one whose hash, name, tree or heads do not fit is put aside, and
//! the fold begins at zero (`recover.rs`). A snapshot file is the snapshot as dag-cbor, and its SHA-256
//! (`docs/formats.md`, "Snapshot files").

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

/// What a log adds up to at a size.
///
/// Format: docs/formats.md, "Snapshot files".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Leaves that were folded.
    pub size: u64,
    /// Roots of the tree's complete subtrees, the largest first.
    pub frontier: Vec<Hash>,
    /// The last sequence number and the last block of each author.
    pub heads: Vec<(Did, u64, BlockId)>,
    /// The ledger's accounts, holds and caps.
    pub books: Books,
    /// The ids of commands that the ledger was given, with its answers.
    pub commands: Vec<(Did, CommandId, Remembered)>,
    /// The state of each scope.
    pub chains: Vec<(Did, ChainParts)>,
    /// The engines that the log describes.
    pub engines: Vec<BlockId>,
}

impl Snapshot {
    /// The snapshot of a fold: of its log, its ledger (accounts and answered commands), its scopes and its engines.
    #[must_use]
    pub fn of(
        log: &Log,
        (books, commands): (Books, Vec<(Did, CommandId, Remembered)>),
        chains: Vec<(Did, ChainParts)>,
        engines: &BTreeSet<BlockId>,
    ) -> Self {
        let (size, frontier) = log.frontier().parts();
        Self {
            size,
            frontier: frontier.to_vec(),
            heads: log.heads().iter().map(|(author, head)| (*author, head.seq, head.block)).collect(),
            books,
            commands,
            chains,
            engines: engines.iter().copied().collect(),
        }
    }

    /// The frontier; `None` when its parts do not fit the size.
    #[must_use]
    pub fn frontier(&self) -> Option<Frontier> {
        Frontier::from_parts(self.size, self.frontier.clone())
    }

    /// The last block of each author.
    #[must_use]
    pub fn heads(&self) -> BTreeMap<Did, Head> {
        self.heads.iter().map(|(author, seq, block)| (*author, Head { seq: *seq, block: *block })).collect()
    }
}

/// A snapshot file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The file.
    pub file: PathBuf,
    /// Why it cannot be used, for a person.
    pub why: String,
}

/// Writes a snapshot and removes the older ones. Gives the path of its file.
pub fn write(dir: &Path, snapshot: &Snapshot) -> Result<PathBuf, StoreError> {
    std::fs::create_dir_all(dir).map_err(StoreError::io("creating", dir))?;
    let mut bytes = encode::to_bytes(snapshot);
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    let path = dir.join(file_name(snapshot.size));
    disk::replace(&path, &bytes)?;
    for other in list(dir)? {
        if other != path {
            std::fs::remove_file(&other).map_err(StoreError::io("removing", &other))?;
        }
    }
    Ok(path)
}

fn file_name(size: u64) -> String {
    format!("{size:016}.snap")
}

/// The snapshot files of a directory, the newest first.
pub fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let is_snapshot = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "snap");
    Ok(disk::list(dir)?.into_iter().filter(is_snapshot).rev().collect())
}

/// Reads a snapshot file: first to check its hash, then to decode it. So its bytes are never all in memory.
pub fn read(path: &Path) -> Result<Snapshot, Unusable> {
    let unusable = |why: String| Unusable { file: path.to_owned(), why };
    let failed = |error: std::io::Error| unusable(error.to_string());
    // A host that replaces the file meanwhile does not change the open one.
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
    let named = file_name(snapshot.size);
    if path.file_name().is_none_or(|name| *name != *named) {
        return Err(unusable(format!("it is of size {}, its name should be {named}", snapshot.size)));
    }
    Ok(snapshot)
}
