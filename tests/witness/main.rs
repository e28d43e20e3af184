//! Witnesses: a host's checkpoints are cosigned, audits hold by a quorum of cosignatures, and a log that is rolled back or
//! forked is not cosigned, however often the witness is killed. And what shows others that a log forked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;
mod crash;
mod encrypted_key;
mod forks;
mod helpers;
mod quorum;
mod requests;
