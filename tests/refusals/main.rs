//! Bad input, from whomever: refused with a code of its own and words that say what would be right, counted, and
//! without a trace. First what the gate and a scope refuse, one by one, through `Host::submit`; then modules and
//! policies that a scope is not opened with; then files and directories that the program is given.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;
mod elections;
mod form;
mod helpers;
mod load;
mod opening;
mod policy;
mod program;
mod signature;
