//! The cost schedule: fuel that host calls burn beside the operators' own.
//!
//! Operators cost one unit each, as the engine counts them. A host call costs its base, and so much for each
//! byte that it copies or hashes. The schedule has a version and a hash, which the engine's description names,
//! and that description is linked by every receipt.

use crate::id::Hash;

/// The version of this schedule.
pub const SCHEDULE_VERSION: u32 = 1;

/// Fuel for making an instance ready, charged to every run before its first operator.
pub const INSTANCE_FUEL: u64 = 2_000;
/// Fuel for any host call.
pub const CALL_FUEL: u64 = 100;
/// Fuel for a call that reads or changes the state, on top.
pub const STATE_FUEL: u64 = 500;
/// Fuel for a value that is set or deleted: its path in the state's tree is hashed anew.
pub const WRITE_FUEL: u64 = 5_000;
/// Fuel for a call that asks the ledger, on top.
pub const LEDGER_FUEL: u64 = 5_000;
/// Fuel for a node that is stored or anchored, on top.
pub const NODE_FUEL: u64 = 5_000;
/// Fuel for verifying a signature, on top.
pub const SIGNATURE_FUEL: u64 = 100_000;
/// Fuel for each byte copied between host and guest.
pub const BYTE_FUEL: u64 = 1;
/// Fuel for each byte that is hashed and kept: values, nodes, output, random bytes, log text.
pub const KEPT_BYTE_FUEL: u64 = 4;

/// The schedule's canonical form: a line each, `name value`.
#[must_use]
pub fn schedule_text() -> String {
    [
        ("operator", 1),
        ("instance", INSTANCE_FUEL),
        ("call", CALL_FUEL),
        ("state", STATE_FUEL),
        ("write", WRITE_FUEL),
        ("ledger", LEDGER_FUEL),
        ("node", NODE_FUEL),
        ("signature", SIGNATURE_FUEL),
        ("byte", BYTE_FUEL),
        ("kept_byte", KEPT_BYTE_FUEL),
    ]
    .iter()
    .map(|(name, fuel)| format!("{name} {fuel}\n"))
    .collect()
}

/// SHA-256 of [`schedule_text`].
#[must_use]
pub fn schedule_hash() -> Hash {
    Hash::digest(schedule_text().as_bytes())
}
