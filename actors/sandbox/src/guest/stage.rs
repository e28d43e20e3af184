//! What a run asked for so far. Nothing of it has happened yet: dropping the stage is the abort.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::{Anchor, Operation};
use icn_core::encode::Block;
use icn_core::name::Did;
use sha2::Sha256;

/// Effects, staged.
#[derive(Default)]
pub(crate) struct Stage {
    pub(crate) output: Vec<u8>,
    pub(crate) writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(crate) write_bytes: usize,
    pub(crate) storage: i64,
    pub(crate) network: u64,
    pub(crate) journal: Vec<Operation>,
    /// Other scopes that it asked for.
    pub(crate) counterparts: BTreeSet<Did>,
    /// Fuel that was taken for running the beginning again, for them.
    pub(crate) rerun_fuel: u64,
    /// Holds placed so far: the next one is named by this number.
    pub(crate) holds_placed: u64,
    pub(crate) nodes: Vec<Block>,
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) log: Option<Sha256>,
    pub(crate) log_lines: usize,
}
