//! Names of things: identities, blocks, invocations, account owners, units. This folder judges spelling alone.
//!
//! Each name is a type of its own and is parsed once, where it enters. A text that is not the one canonical
//! spelling is refused, never normalised.

mod account_id;
mod amount;
mod block_id;
mod bytes;
mod derived;
mod did;
mod error;
mod origin;
mod owner;
#[cfg(test)]
mod tests;
mod text;
mod unit;

pub use account_id::AccountId;
pub use amount::Amount;
pub use block_id::{BlockId, CID_BYTES, Codec};
pub use bytes::{Bytes, Hash, HoldId, InvocationId, hex};
pub use derived::{hold_id, invocation_id, random_seed};
pub use did::{DID_TEXT_BYTES, Did};
pub use error::IdError;
pub use origin::Origin;
pub use owner::Owner;
pub(crate) use text::{cut, decimal};
pub use unit::Unit;
