//! The blocks that an entry names, in the row's order.

use std::collections::BTreeSet;

use super::error::RowError;
use crate::block::{Entry, Payload};
use crate::encode::Envelope;
use crate::limits;
use crate::name::{BlockId, Did};

/// The names of the blocks that an entry of this kind has, in the row's order, and the leaves that it has.
#[derive(Default)]
pub(super) struct Named {
    /// Blocks that an earlier entry may have brought: rolls, modules, UCANs, nodes, engines.
    pub(super) shared: Vec<BlockId>,
    /// Of them, those that the entry must have with it, wherever they stood before.
    pub(super) needed: Vec<BlockId>,
    /// The invocation's payload and envelope.
    pub(super) own: Vec<BlockId>,
    /// Of a receipt: its scope and its engine.
    pub(super) engine: Option<(Did, BlockId)>,
    pub(super) leaves: Vec<BlockId>,
    /// How many legs follow.
    pub(super) legs: usize,
}

/// What an entry with this first leaf and payload names, but for its legs. The invocation's payload is told by `payload_of`.
pub(super) fn named(
    first: BlockId,
    payload: &Payload,
    payload_of: impl FnOnce(&BlockId) -> Result<BlockId, RowError>,
) -> Result<Named, RowError> {
    let mut named = Named { leaves: vec![first], ..Named::default() };
    match payload {
        Payload::Host(_) => {}
        Payload::Policy(policy) => {
            named.needed = policy.roles.values().flat_map(|role| &role.rolls).copied().collect();
            named.needed.extend(policy.modules.iter().map(|install| install.module));
            named.needed.extend(&policy.delegations);
            named.shared.clone_from(&named.needed);
        }
        Payload::Receipt(receipt) => {
            named.own = vec![payload_of(&receipt.invocation)?, receipt.invocation];
            named.needed.clone_from(&receipt.nodes);
            named.shared.clone_from(&named.needed);
            named.shared.push(receipt.engine);
            named.engine = Some((receipt.scope, receipt.engine));
            named.leaves.extend(receipt.anchors.iter().map(|anchor| anchor.0));
            named.legs = receipt.with.len();
        }
        Payload::Leg(_) => {
            return Err(RowError::Order { expected: "the receipt before its legs".to_owned(), found: first });
        }
        Payload::Keys(keys) => {
            named.needed = keys.delegations.iter().chain(&keys.revocations).copied().collect();
            named.shared.clone_from(&named.needed);
        }
    }
    let mut seen = BTreeSet::new();
    named.shared.retain(|id| seen.insert(*id));
    Ok(named)
}

pub(super) fn envelope_of(entry: &Entry, id: &BlockId) -> Result<Envelope, RowError> {
    let block = entry.block(id).ok_or(RowError::Missing(*id))?;
    Envelope::from_bytes(block.bytes()).map_err(|error| RowError::Envelope(*id, error))
}

/// That an entry has no more than whoever reads a row takes.
pub(super) fn within_bounds(blocks: usize, bytes: usize) -> Result<(), RowError> {
    for (what, found, max) in
        [("blocks", blocks, limits::ENTRY_BLOCKS_MAX), ("bytes", bytes, limits::ENTRY_BYTES_MAX)]
    {
        if found > max {
            return Err(RowError::TooLarge { what, max });
        }
    }
    Ok(())
}
