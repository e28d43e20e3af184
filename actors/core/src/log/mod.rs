//! What makes a log verifiable by others: order and tree, proofs, tiles, notes with several signatures, CAR files.
//!
//! Pure machines over bytes, in the forms that other tools read and write. What is read here comes from anybody: a
//! file, a peer, a host that lies. Nothing allocates more than its input is long, and every error names its place.
//!
//! - `order`: which entry comes next, and each author's last block
//! - `tree`: the Merkle tree over the leaves
//! - `checkpoint`: a signed size and root
//! - `proof`: inclusion and consistency (RFC 6962, sections 2.1.1 and 2.1.2)
//! - `note`: signed notes, verifier keys, cosignatures of witnesses
//! - `tree_head`: the text of a checkpoint, of any log
//! - [`witness`]: what a witness answers to a checkpoint that it is shown
//! - [`cosign`]: what a log asks of it, and makes of its answer
//! - `fork`: two signed checkpoints that do not agree, as a file of its own
//! - `quorum`: which signatures make a checkpoint one to rely on
//! - `tiles`: the tree and its entries as static files
//! - `tlog_proof`: a proof as a file of its own
//! - [`car`]: blocks in a row, as one file
//! - `rows`: the log's entries as such a row, and back

pub mod car;
mod checkpoint;
pub mod cosign;
mod fork;
mod note;
mod order;
mod proof;
mod quorum;
mod rows;
mod tiles;
mod tlog_proof;
mod tree;
mod tree_head;
pub mod witness;

pub use checkpoint::{Checkpoint, CheckpointError, verifier_key};
pub use fork::{Fork, ForkError, Forked};
pub use note::{KeyKind, Note, NoteError, NoteSignature, Verdict, VerifierKey, sign_line};
pub use order::{Head, Link, Log, LogError};
pub use proof::{
    ProofError, Prover, consistency_ranges, inclusion_ranges, verify_consistency, verify_inclusion,
};
pub use quorum::{TrustError, TrustPolicy, Trusted};
pub use rows::{EntriesError, Gather, Gathered, Row};
pub use tiles::{
    TILE_WIDTH, Tile, TileError, TileKind, Tiler, Written, parse_entries, parse_hashes, subtree_root,
};
pub use tlog_proof::{ProofJson, TlogProof, TlogProofError};
pub use tree::{Frontier, leaf_hash, node_hash};
pub use tree_head::{TreeHead, TreeHeadError};
