//! Whose signature counts in a scope's name: the scope's own key, its *root*, always; an *operating key* while a delegation
//! of the root says so.
//!
//! A block that an operating key signs names the key and its delegation ([`Signer`](crate::block::Signer)). So the signature can be verified
//! with the block alone, on any core, and what remains is judged in the log's order, at the block's own position and time,
//! by [`Registry`]:
//!
//! 1. the log brought the delegation before, in this scope ([`KeysBlock`](crate::block::KeysBlock), or its first policy);
//! 2. it is to this key, and the block's `time` is not before its start and before its end;
//! 3. no block before this one revoked it.
//!
//! Nothing later changes a verdict: a block that was signed in time stays valid when its key ends or is revoked.

mod brought;
mod delegation;
mod registry;
mod scope;

pub use brought::Brought;
pub use delegation::{check_delegation, delegate};
pub use registry::Registry;
pub use scope::{Delegated, Keys};
