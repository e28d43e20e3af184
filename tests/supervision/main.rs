//! What breaks is contained. A scope's actor that panics, at any step, is made anew from the log while the other
//! scopes go on; one that panics too often is quarantined; a disk that fails closes the gate. At every step:
//! what was answered is in the log, what is in the log is applied once, and what is in memory is its fold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;
mod helpers;
mod others;
mod restarts;
