//! Checks: bytes in, a panic out when a machine does what it must not.
//!
//! Each drives the real machine and its oracle with the same operations. After every step it asserts: the answers agree;
//! a refusal leaves everything as it was; what is read back is what was written, in its one encoding.

mod codec;
mod gate;
mod log;
mod state;

pub use codec::{check_decode_block, check_round_trip};
pub use gate::check_gate_admit;
pub use log::check_log;
pub use state::check_state;

/// Random runs, draws, receipts, restarts and expiries: guests see what a plain ledger says, and a fold of the booked
/// receipts has the host's books.
pub fn check_ledger_ops(bytes: &[u8]) {
    crate::runs::check_runs(bytes);
}
