//! Generators: from bytes to structures.
//!
//! One generator serves the property tests and the fuzzers: a [`ByteSource`] reads a fuzzer's bytes (or those that
//! `proptest` draws and shrinks) as a list of small choices.
//!
//! The meaning of a byte must not change: the fuzzers' corpora and the seeds of tests are kept as bytes.

mod change;
mod journal;
mod ledger_op;
mod names;
mod parts;
mod payload;
mod source;
mod strategies;

pub use change::{misspell, mutate, restructure};
pub use ledger_op::LedgerOp;
pub use names::{HOLD_NAMES, KEYS, did, hold_name, key, keys, origin, raw_id, token};
pub use payload::{engine, receipt_for};
pub use source::ByteSource;
pub use strategies::{Input, bytes, invocations, ledger_ops, nodes, policies, receipts};
