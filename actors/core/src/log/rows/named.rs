//! The blocks that an entry has, and their order in a row. Writer and reader both ask here, so they cannot
//! disagree.

use std::collections::BTreeSet;

use super::error::EntriesError;
use crate::block::{Entry, Payload};
use crate::encode::Envelope;
use crate::limits;
use crate::name::{BlockId, Did};

/// The names of the blocks that an entry of this kind has, in the order of the row, and its leaves.
#[derive(Default)]
pub(super) struct Named {
    /// The payload and the envelope of a receipt's invocation.
    pub(super) own: Vec<BlockId>,
    /// Blocks that an earlier entry may have brought: rolls, modules, UCANs, nodes, engines. Each once.
    pub(super) shared: Vec<BlockId>,
    /// Those of the shared blocks that an entry must have with it, whether or not they stood earlier in the row.
    pub(super) needed: Vec<BlockId>,
    /// The scope and the engine of a receipt.
    pub(super) engine: Option<(Did, BlockId)>,
    /// The leaves, without those of the legs.
    pub(super) leaves: Vec<BlockId>,
    /// The number of legs that follow.
    pub(super) legs: usize,
}

const _: () = assert!(
    limits::ENTRY_BLOCKS_MAX > 2 * limits::CROSSING_SCOPES_MAX + 2 + limits::NODES_MAX,
    "an entry may have the blocks of a receipt with its nodes and legs"
);

/// The names in an entry with this first leaf and this payload, without those of its legs. `payload_of` gives the
/// payload of the invocation's envelope.
pub(super) fn named(
    first: BlockId,
    payload: &Payload,
    payload_of: impl FnOnce(&BlockId) -> Result<BlockId, EntriesError>,
) -> Result<Named, EntriesError> {
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
            return Err(EntriesError::Order {
                expected: "the receipt before its legs".to_owned(),
                found: first,
            });
        }
        Payload::Keys(keys) => {
            named.needed = keys.delegations.iter().chain(&keys.revocations).copied().collect();
            named.shared.clone_from(&named.needed);
        }
    }
    let mut seen = BTreeSet::new();
    named.shared.retain(|id| seen.insert(*id));
    assert_eq!(named.leaves.first(), Some(&first), "an entry's first leaf is the block that commits it");
    assert_eq!(named.own.is_empty(), named.engine.is_none(), "a receipt has an invocation and an engine");
    debug_assert!(
        named.needed.iter().all(|id| seen.contains(id)),
        "a block that is needed has its place in the row"
    );
    Ok(named)
}

/// The envelope with this name among an entry's blocks.
pub(super) fn envelope_of(entry: &Entry, id: &BlockId) -> Result<Envelope, EntriesError> {
    let block = entry.block(id).ok_or(EntriesError::Missing(*id))?;
    assert_eq!(block.id(), *id, "a block is found by its name");
    Envelope::from_bytes(block.bytes()).map_err(|error| EntriesError::Envelope(*id, error))
}
