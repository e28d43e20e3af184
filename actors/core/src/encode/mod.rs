//! Bytes: canonical dag-cbor and the names that it has, keys, and signed envelopes.

mod block;
mod canonical;
pub mod cbor;
mod envelope;
mod key;

pub use block::Block;
pub use canonical::{DecodeError, from_bytes, from_reader, to_bytes};
pub use envelope::{Domain, ENVELOPE_BYTES, Envelope, EnvelopeError, SignatureFlaw};
pub use key::{SecretKey, is_small_order, verify_raw};
