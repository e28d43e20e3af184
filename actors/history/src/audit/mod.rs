//! The audit of a log, from a data directory or from an export. It trusts nobody: every CID, signature, parent,
//! sequence number, state root and balance is checked; and, at the level `replay`, every invocation is run once
//! more.
//!
//! - `ask.rs`: what an audit is asked
//! - `listener.rs`: who hears of each entry
//! - `walk.rs`, `prepare.rs`: read the entries, check each one alone on all cores, fold them in order
//! - `asked.rs`: one audit while it runs, with its level and its re-runner
//! - `known.rs`: other checkpoints that the log must agree with
//! - `evidence.rs`: a proof for others that a host signed two histories
//! - `data.rs`, `snapshots.rs`: the audit of a data directory
//! - `export.rs`, `tiles.rs`: the audit of an export
//! - `run.rs`: `Audit::run`
//!
//! An audit writes nothing and reads no secret. The first thing that does not hold ends it and is in the
//! report. An error means that there is no report: the log could not be read, which says nothing about the log.

mod ask;
mod asked;
mod data;
mod evidence;
mod export;
mod known;
mod listener;
mod prepare;
mod run;
mod snapshots;
mod tiles;
mod walk;

pub use ask::{Audit, Level, Subject};
pub use listener::Listener;
