//! Whole logs: written through the machines as a host does it, read back as an auditor does it, and then spoiled in one
//! place, which the auditor must notice.
//!
//! `writer.rs` runs each invocation from the gate to the log; `wish.rs` and `stage.rs` stand for the guest and the
//! sandbox. `spoil.rs` and `lie.rs` change a log, `audit.rs` reads it, `check.rs` compares.

mod audit;
mod check;
mod constants;
mod lie;
mod policy;
mod spoil;
mod stage;
mod wish;
mod writer;

pub use check::check_history;
pub use policy::scope;
