//! The vocabulary and the pure machines of `icn-runtime`.
//!
//! Everything here is deterministic and synchronous: no clock, no randomness, no input or output, no thread,
//! no iteration over a hash map. What changes with time comes in as an argument, so the same bytes give the
//! same block on every machine, and the auditor runs the very code that the host ran.
//!
//! The way through, each step consuming the one before:
//! [`rules::gate::Request`] → [`rules::gate::admit`] → [`rules::gate::Admitted`] → sandbox → [`block::Staged`] →
//! [`fold::Chain::draft`] → [`block::Receipt`] → [`log::Log::append`].
//!
//! The folders, each of which depends only on those above it:
//!
//! - [`limits`]: bounds, each with its unit in its name
//! - [`name`]: identities, blocks' names, units, owners, digests
//! - [`mod@costs`]: prices
//! - [`encode`]: canonical dag-cbor, keys, signed envelopes
//! - [`block`]: what is signed and stored, one file a kind; no judgement but on a block's own form
//! - [`log`]: the order of entries, the tree over them, and the forms that other tools read
//! - [`ledger`]: the machine of accounts
//! - [`state`]: a scope's values and the tree over them
//! - [`rules`]: what may be: policies in force, the gate, authority, keys, rulings
//! - [`fold`]: what a log adds up to

#![forbid(unsafe_code)]

pub mod block;
pub mod costs;
pub mod encode;
pub mod fold;
pub mod ledger;
pub mod limits;
pub mod log;
pub mod name;
pub mod rules;
pub mod state;
