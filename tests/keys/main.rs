//! A scope's keys through the public API: its root signs offline, an operating key signs on the host until its end date;
//! keys are rotated under load without a gap, and revoked; and whatever happened, the log holds at every level.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;
mod faults;
mod helpers;
mod rotation;
