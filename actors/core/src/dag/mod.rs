//! What makes a log verifiable by others: strict dag-cbor, proofs, tiles, notes with several signatures, CAR files.
//!
//! Pure machines over bytes, in the forms that other tools read and write. What is read here comes from anybody: a
//! file, a peer, a host that lies. Nothing allocates more than its input is long, and every error names its place.
//!
//! - [`cbor`]: whether bytes are dag-cbor, and which blocks they link
//! - [`proof`]: inclusion and consistency (RFC 6962, sections 2.1.1 and 2.1.2)
//! - [`note`]: signed notes, verifier keys, cosignatures of witnesses
//! - [`tree_head`]: the text of a checkpoint, of any log
//! - [`witness`]: what a witness answers to a checkpoint that it is shown
//! - [`cosign`]: what a log asks of it, and makes of its answer
//! - [`fork`]: two signed checkpoints that do not agree, as a file of its own
//! - [`quorum`]: which signatures make a checkpoint one to rely on
//! - [`tiles`]: the tree and its entries as static files
//! - [`tlog_proof`]: a proof as a file of its own
//! - [`car`]: blocks in a row, as one file
//! - [`entries`]: the log's entries as such a row, and back

pub mod car;
pub mod cbor;
pub mod cosign;
pub mod entries;
pub mod fork;
pub mod note;
pub mod proof;
pub mod quorum;
pub mod tiles;
pub mod tlog_proof;
pub mod tree_head;
pub mod witness;
