//! The expected answers, from the definitions: slow, short, and written without a look at how the machines do it.
//!
//! - [`NaiveLog`]: a list of leaves, its root by RFC 6962, sequences by search.
//! - [`state_root`] and [`next_key`]: a state's root and its scans, from the list of its contents.
//! - [`Cbor`]: strict dag-cbor, byte by byte from the specification.
//! - [`admission`]: what the gate must answer to a request.

mod admission;
mod cbor;
mod log;
mod state;

pub use admission::{Place, admission, read_invocation};
pub use cbor::Cbor;
pub use log::{NaiveLog, merkle_root};
pub use state::{Values, next_key, state_root};
