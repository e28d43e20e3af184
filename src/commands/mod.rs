//! The commands of `icn`. A folder uses `common/` and nothing of another folder.
//!
//! - `common/`: what several commands share: exit codes, output, progress, files, passphrases
//! - `log/`: read, copy, check and prove a host's log
//! - `guest/`: tools for authors of guests
//! - `key/`: keys and delegations
//! - `demo/`: elections on this machine, from files to an audited result

pub(crate) mod common;
pub(crate) mod demo;
pub(crate) mod guest;
pub(crate) mod key;
pub(crate) mod log;
