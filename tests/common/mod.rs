//! What the tests share: scratch hosts, a guest written as text, seeded randomness, the program as a child process, and a
//! listener that keeps what an audit tells it.
#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot go on stops the test that called it"
)]

pub(crate) mod audits;
pub(crate) mod crossing_forgeries;
pub(crate) mod desk;
pub(crate) mod election;
pub(crate) mod escrow;
pub(crate) mod files;
pub(crate) mod forge;
pub(crate) mod form_forgeries;
pub(crate) mod hand;
pub(crate) mod hosts;
pub(crate) mod ledger_forgeries;
pub(crate) mod operated;
#[path = "../oracle/mod.rs"]
pub(crate) mod oracle;
pub(crate) mod probe;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod second;
pub(crate) mod union;
pub(crate) mod wishes;

pub(crate) use futures::executor::block_on;

pub(crate) use audits::{Kept, audit_of, sound};
pub(crate) use desk::{CHIPS, Desk, probe_spec};
pub(crate) use files::{
    copy, directory_of_host, key, pabulib, samples, scratch, segment, snapshots, tree, write_key,
    write_secret,
};
pub(crate) use hosts::{Standing, open, open_on, open_with, settled, standing};
pub(crate) use probe::{PROBE_ENTRIES, chip, manifest, probe_wasm, wasm};
pub(crate) use program::{demo, icn, json, run, stderr, stdout};
pub(crate) use random::{Rng, seed};
