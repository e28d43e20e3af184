//! What others need to verify a log: its order and its tree, proofs, tiles, signed notes, CAR files.
//!
//! Pure machines over bytes, in the forms that other tools read and write. Everything that is read here may
//! come from anybody: a file, a peer, a host that lies. So nothing allocates much more than its input is
//! long, nothing panics on its input, and every error names the place. What reads a form never verifies it by
//! the way: reading and verifying are two calls.
//!
//! - `tree`: the Merkle tree over the leaves
//! - `proof`: inclusion and consistency (RFC 6962, sections 2.1.1 and 2.1.2)
//! - `note`: signed notes, verifier keys, cosignatures of witnesses
//! - `checkpoint`: a signed size and root of our own logs
//! - `tree_head`: the text of a checkpoint of any log
//! - `order`: which entry may come next, and each author's last block
//! - `quorum`: which checkpoints may be relied on
//! - `fork`: two signed checkpoints that do not agree, as a file
//! - `tlog_proof`: a proof that a block is in a log, as a file
//! - [`cosign`]: a log's side of asking a witness for a cosignature
//! - [`witness`]: a witness's side
//! - `tiles`: the tree and its entries as static files
//! - [`car`]: blocks as one file
//! - `rows`: the entries of a log as blocks in a row, and back

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
pub use rows::{EntriesError, ReadEntry, RowReader, RowWriter};
pub use tiles::{
    TILE_WIDTH, Tile, TileError, TileKind, Tiler, Written, parse_entries, parse_hashes, subtree_root,
};
pub use tlog_proof::{ProofJson, TlogProof, TlogProofError};
pub use tree::{Frontier, leaf_hash, node_hash};
pub use tree_head::{TreeHead, TreeHeadError};
