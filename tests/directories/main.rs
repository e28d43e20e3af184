//! What a data directory may look like, and what is said of it: segments that are missing or too many, a checkpoint
//! that is gone, a directory that a host has open, one that was killed before its first entry, and one that is
//! somebody else's. What was answered never disappears without a word, and nothing is written before it is said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;
mod helpers;
mod openings;
mod segments;
