//! What a run asked for, staged: nothing here has happened yet.
//!
//! Dropping a [`Staged`] is the abort. The commit turns it into a receipt.

use std::collections::BTreeMap;

use super::journal::Operation;
use super::outcome::Outcome;
use super::receipt::{Anchor, Usage};
use crate::encode::Block;
use crate::name::Hash;

/// A finished run, not committed.
#[derive(Debug)]
pub struct Staged {
    /// How it ended.
    pub outcome: Outcome,
    /// Fuel to charge.
    pub fuel: u64,
    /// What else to charge.
    pub usage: Usage,
    /// The guest's output.
    pub output: Vec<u8>,
    /// Digest of its log text.
    pub logged: Option<Hash>,
    /// State to change; `None` deletes.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What the guest moved, each staged with the ledger already.
    pub journal: Vec<Operation>,
    /// Nodes to store.
    pub nodes: Vec<Block>,
    /// Nodes to anchor.
    pub anchors: Vec<Anchor>,
}

impl Staged {
    /// Ends a run without effects: what was staged is dropped, the charge stays.
    #[must_use]
    pub fn without_effects(
        outcome: Outcome,
        fuel: u64,
        memory_pages: u64,
        output: Vec<u8>,
        logged: Option<Hash>,
    ) -> Self {
        Self {
            outcome,
            fuel,
            usage: Usage { memory: memory_pages, network: 0, storage: 0 },
            output,
            logged,
            writes: BTreeMap::new(),
            journal: Vec::new(),
            nodes: Vec::new(),
            anchors: Vec::new(),
        }
    }
}
