//! A log that was changed is found out. One bit flipped anywhere in the stored blocks or their index: the audit
//! fails and names the file and the byte, and no host opens the directory. One bit flipped in a snapshot, which
//! is derived: its file is named, and what it says is rebuilt. Then what is lost, swapped, repeated, appended or
//! written anew by somebody who has the files and lacks the keys; and what a crash cuts short, which is no
//! damage, and is told from it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod checkpoint;
#[path = "../common/mod.rs"]
mod common;
mod crash;
mod forged;
mod helpers;
mod log;
mod snapshot;
