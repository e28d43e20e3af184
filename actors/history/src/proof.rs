//! Proves that a block is a leaf of a log, under the log's newest checkpoint (`docs/formats.md`, "Proofs,
//! tiles, cosignatures, CAR").
//!
//! From a data directory the log is read twice: once to find the leaf, once for the hashes of the proof. From
//! an export it takes a look at the bundles of entries, and at two tiles of each level. The proof is verified
//! before it is given.

use std::path::{Path, PathBuf};

use icn_core::log::{
    Checkpoint, CheckpointError, NoteError, ProofError, Prover, TILE_WIDTH, Tile, TileError, TileKind,
    TlogProof, TrustError, TrustPolicy, VerifierKey, inclusion_ranges, leaf_hash, parse_entries,
    parse_hashes, subtree_root, verify_inclusion,
};
use icn_core::name::{BlockId, CID_BYTES, Hash};

use crate::audit::Subject;
use crate::error::StoreError;
use crate::export::ExportLayout;
use crate::signed_log::{SignedLog, SignedLogError};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The block is no leaf of the log.
    #[error(
        "{0} is no leaf of the {1} that are signed: leaves are the envelopes of the host, of policies and of receipts, and anchored nodes"
    )]
    NotALeaf(BlockId, u64),
    /// The log cannot be read up to its checkpoint.
    #[error(transparent)]
    Log(#[from] SignedLogError),
    /// A file of an export cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of an export is no tile.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The export's key file has no key.
    #[error("{}: {why}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The flaw, for a person.
        why: NoteError,
    },
    /// The export's checkpoint is not signed with its key.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The checkpoint is malformed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log, or the tiles, do not give the checkpoint's root.
    #[error("{0}: run `icn audit`")]
    Proof(#[from] ProofError),
}

/// Proves that a block is a leaf of the log. A block that is a leaf several times is proved at its first place.
pub fn prove(subject: &Subject, block: &BlockId) -> Result<TlogProof, ProveError> {
    let (proof, checkpoint) = match subject {
        Subject::Data(data) => from_log(data, block)?,
        Subject::Export(dir) => from_tiles(&ExportLayout::new(dir), block)?,
    };
    let leaf = leaf_hash(block.as_bytes());
    verify_inclusion(&leaf, proof.index, checkpoint.size, &proof.hashes, &checkpoint.root)?;
    Ok(proof)
}

fn from_log(data: &Path, block: &BlockId) -> Result<(TlogProof, Checkpoint), ProveError> {
    let mut log = SignedLog::open(data)?;
    let size = log.checkpoint().size;
    let mut index = None;
    while index.is_none() {
        let Some((position, entry)) = log.next_entry()? else { break };
        index = (position..).zip(&entry.leaves).find(|(_, leaf)| *leaf == block).map(|(at, _)| at);
    }
    let index = index.ok_or(ProveError::NotALeaf(*block, size))?;
    let mut log = SignedLog::open(data)?;
    // There may be a newer checkpoint by now. The leaf stands at the same place under it.
    let (checkpoint, note) = (log.checkpoint().clone(), log.note().to_owned());
    let mut prover = Prover::new(inclusion_ranges(index, checkpoint.size)?);
    while let Some((_, entry)) = log.next_entry()? {
        entry.leaves.iter().for_each(|leaf| prover.push(leaf_hash(leaf.as_bytes())));
    }
    let hashes = prover.finish().map_err(|missing| ProofError::Range(missing, checkpoint.size))?;
    Ok((TlogProof { extra: None, index, hashes, checkpoint: note }, checkpoint))
}

fn from_tiles(layout: &ExportLayout, block: &BlockId) -> Result<(TlogProof, Checkpoint), ProveError> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(StoreError::io("reading", path));
    let path = layout.verifier_key();
    let key = VerifierKey::parse(read(&path)?.trim_end()).map_err(|why| ProveError::Key { path, why })?;
    let note = read(&layout.checkpoint())?;
    let checkpoint = TrustPolicy::log_alone(key).open(&note)?.checkpoint;
    let size = checkpoint.size;
    let bytes = |tile: &Tile| {
        let bytes = match tile.kind {
            // Each leaf is a length of two bytes and a CID.
            TileKind::Entries => tile.width * (2 + CID_BYTES as u64),
            TileKind::Tree(_) => tile.hash_bytes(),
        };
        layout.read_tile(tile, bytes).map_err(StoreError::io("reading", &layout.tile(tile)))
    };
    let mut index = None;
    let bundles = (0..).map_while(|bundle| Tile::at(TileKind::Entries, bundle, size));
    for tile in bundles {
        let leaves = parse_entries(&tile, &bytes(&tile)?)?;
        let first = tile.index * TILE_WIDTH;
        index = (first..).zip(&leaves).find(|(_, leaf)| *leaf == block).map(|(at, _)| at);
        if index.is_some() {
            break;
        }
    }
    let index = index.ok_or(ProveError::NotALeaf(*block, size))?;
    let mut hashes = Vec::new();
    for range in inclusion_ranges(index, size)? {
        let fetch = |tile: &Tile| -> Result<Vec<Hash>, ProveError> { Ok(parse_hashes(tile, &bytes(tile)?)?) };
        let hash = subtree_root(&range, size, fetch)?;
        hashes.push(hash.ok_or(ProofError::Range(range.end, size))?);
    }
    Ok((TlogProof { extra: None, index, hashes, checkpoint: note }, checkpoint))
}
