//! Backups and repairs: a backup taken under load audits and opens; damage to any place of a data directory is found, and
//! repaired from an export, from its CAR alone, or from a backup; what nobody has is named; and nothing is changed that
//! need not be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod backup;
mod bounds;
#[path = "../common/mod.rs"]
mod common;
mod helpers;
mod repairs;
