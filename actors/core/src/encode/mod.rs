//! Encodings: canonical dag-cbor, blocks with their names, keys, and signed envelopes. This folder knows no kind of
//! block.

mod block;
mod canonical;
pub mod cbor;
mod envelope;
mod key;

pub use block::Block;
pub use canonical::{DecodeError, from_bytes, from_reader, to_bytes};
pub use envelope::{Domain, ENVELOPE_BYTES, Envelope, EnvelopeError, SignatureFlaw};
pub use key::{SecretKey, is_small_order, verify_raw};
