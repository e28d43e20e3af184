//! The program `icn` under a user who does everything wrong: files that the guest would not take, elections that
//! failed before, directories that are none, streams that are closed or full.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;
mod elections;
mod environment;
mod helpers;
