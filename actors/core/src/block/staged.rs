//! The staged effects of a run. Nothing in here has been applied yet.
//!
//! Dropping a [`Staged`] is the abort. The commit turns it into a receipt.

use std::collections::BTreeMap;

use super::journal::Operation;
use super::outcome::Outcome;
use super::receipt::{Anchor, Usage};
use crate::encode::Block;
use crate::name::Hash;

/// The result of a finished run that is not committed.
#[derive(Debug)]
pub struct Staged {
    /// How it ended.
    pub outcome: Outcome,
    /// Fuel to charge.
    pub fuel: u64,
    /// The other resources to charge.
    pub usage: Usage,
    /// The guest's output.
    pub output: Vec<u8>,
    /// Digest of its log text.
    pub logged: Option<Hash>,
    /// The state to write; `None` deletes the key.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// The operations that the guest asked for. The ledger has staged each of them already.
    pub journal: Vec<Operation>,
    /// Nodes to store.
    pub nodes: Vec<Block>,
    /// Nodes to anchor.
    pub anchors: Vec<Anchor>,
}

impl Staged {
    /// Makes the result of a run without effects: only the charge remains.
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
