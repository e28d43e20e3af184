//! The tools of those who write guests, as a person or a script runs them: `icn check`, `icn run`, `icn abi`. What
//! they print as JSON, their exit codes, and files that are not what they should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod abi;
mod check;
#[path = "../common/mod.rs"]
mod common;
mod helpers;
mod run;
