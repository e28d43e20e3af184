//! A log's entries as blocks in a row, and back: the order in which an export has them.
//!
//! Each entry gives the blocks that its kind asks for, in one order: what is linked comes before what links it, the
//! envelope that commits the entry comes last, and its payload right before it; the legs of a receipt, which link it,
//! follow it in the same way, as many as it names. A block that stood before is not repeated. So the row is a function of the log, whoever reads it from the front knows every link of a block before
//! the block, and where an entry ends is told by the blocks themselves.

use std::collections::BTreeSet;

use crate::block::{Entry, InvocationTag, Payload};
use crate::encode::{Block, DecodeError, Envelope};
use crate::limits;
use crate::name::{BlockId, Codec, Did};

/// Why an entry has no place in a row of blocks, or blocks in a row are none of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// An entry without a leaf.
    #[error("an entry without leaves")]
    Empty,
    /// A block that is named and is not there.
    #[error("the block {0} is missing")]
    Missing(BlockId),
    /// An envelope that is none.
    #[error("the block {0} is no envelope: {1}")]
    Envelope(BlockId, crate::encode::EnvelopeError),
    /// A payload that is none of an entry.
    #[error("the block {0}: {1}")]
    Payload(BlockId, DecodeError),
    /// A block where another comes next.
    #[error("the block {found} where {expected} comes next")]
    Order {
        /// What comes next, or what is right instead.
        expected: String,
        /// What is there.
        found: BlockId,
    },
    /// A block under the name that its bytes have with the other codec.
    #[error("the block {0}, of which only the name with the other codec is one here")]
    Codec(BlockId),
    /// A block that came before.
    #[error("the block {0} a second time")]
    Repeated(BlockId),
    /// More blocks or bytes than an entry has.
    #[error("an entry of more than {max} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// The row ends within an entry.
    #[error("the last {0} blocks are of an entry that does not end")]
    Unfinished(usize),
}

/// The names of the blocks that an entry of this kind has, in the row's order, and the leaves that it has.
#[derive(Default)]
struct Named {
    /// Blocks that an earlier entry may have brought: rolls, modules, UCANs, nodes, engines.
    shared: Vec<BlockId>,
    /// Of them, those that the entry must have with it, wherever they stood before.
    needed: Vec<BlockId>,
    /// The invocation's payload and envelope.
    own: Vec<BlockId>,
    /// Of a receipt: its scope and its engine.
    engine: Option<(Did, BlockId)>,
    leaves: Vec<BlockId>,
    /// How many legs follow.
    legs: usize,
}

/// What an entry with this first leaf and payload names, but for its legs. The invocation's payload is told by `payload_of`.
fn named(
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
    Ok(named)
}

fn envelope_of(entry: &Entry, id: &BlockId) -> Result<Envelope, EntriesError> {
    let block = entry.block(id).ok_or(EntriesError::Missing(*id))?;
    Envelope::from_bytes(block.bytes()).map_err(|error| EntriesError::Envelope(*id, error))
}

/// That an entry has no more than whoever reads a row takes.
fn within_bounds(blocks: usize, bytes: usize) -> Result<(), EntriesError> {
    for (what, found, max) in
        [("blocks", blocks, limits::ENTRY_BLOCKS_MAX), ("bytes", bytes, limits::ENTRY_BYTES_MAX)]
    {
        if found > max {
            return Err(EntriesError::TooLarge { what, max });
        }
    }
    Ok(())
}

/// Puts entries into a row.
///
/// Format: docs/formats.md, "Exports".
#[derive(Debug, Default)]
pub struct Row {
    /// Names of rolls, modules, UCANs, nodes and engines that stood before. Nothing else can come twice in a log that holds:
    /// sequences and ids of invocations do not.
    before: BTreeSet<BlockId>,
}

impl Row {
    /// The blocks that come next in the row: those of the next entry.
    pub fn next<'e>(&mut self, entry: &'e Entry) -> Result<Vec<&'e Block>, EntriesError> {
        let first = *entry.leaves.first().ok_or(EntriesError::Empty)?;
        let block = |id: &BlockId| entry.block(id).ok_or(EntriesError::Missing(*id));
        let payload_block = block(&envelope_of(entry, &first)?.payload())?;
        let payload = Payload::from_bytes(payload_block.bytes())
            .map_err(|error| EntriesError::Payload(payload_block.id(), error))?;
        let named = named(first, &payload, |id| Ok(envelope_of(entry, id)?.payload()))?;
        let mut row: Vec<&Block> = named.own.iter().map(block).collect::<Result<_, _>>()?;
        for id in &named.shared {
            // One that is not here came with an earlier entry, or is missing: the audit says which.
            let Some(shared) = entry.block(id) else { continue };
            if self.before.insert(*id) {
                row.push(shared);
            }
        }
        row.extend([payload_block, block(&first)?]);
        for leg in entry.leg_leaves(named.legs) {
            row.extend([block(&envelope_of(entry, leg)?.payload())?, block(leg)?]);
        }
        within_bounds(row.len(), row.iter().map(|block| block.bytes().len()).sum())?;
        Ok(row)
    }
}

/// Takes the blocks of a row and gives the entries.
#[derive(Debug, Default)]
pub struct Gather {
    blocks: Vec<Block>,
    bytes: usize,
    /// A receipt whose legs are still to come: it, and the envelopes of the legs that came.
    awaits: Option<(BlockId, Box<Payload>, Vec<BlockId>)>,
}

/// An entry that is complete but for blocks that stood before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// The entry, with the blocks that stand in its part of the row.
    pub entry: Entry,
    /// Blocks that it must have with it and that are not among those: they stood before, or are missing.
    pub lacking: Vec<BlockId>,
    /// Those of its blocks that later entries may name, and that must not come again.
    pub shared: Vec<BlockId>,
    /// Of a receipt: its scope, and the engine that it names, which stands in the row once.
    pub engine: Option<(Did, BlockId)>,
}

impl Gather {
    /// Takes the next block; gives the entry that it completes.
    pub fn push(&mut self, block: Block) -> Result<Option<Gathered>, EntriesError> {
        self.bytes += block.bytes().len();
        within_bounds(self.blocks.len() + 1, self.bytes)?;
        let Ok(envelope) = Envelope::from_bytes(block.bytes()) else {
            self.blocks.push(block);
            return Ok(None);
        };
        let payload = self.blocks.last().filter(|before| before.id() == envelope.payload());
        if block.id().codec() != Codec::DagCbor {
            // Raw bytes that happen to be an envelope, but for the envelope of the payload before.
            if payload.is_some() {
                return Err(EntriesError::Codec(block.id()));
            }
            self.blocks.push(block);
            return Ok(None);
        }
        if let Some(before) = self.blocks.last().map(Block::id)
            && is_other_name(&before, &envelope.payload())
        {
            return Err(EntriesError::Codec(before));
        }
        let payload = payload.ok_or_else(|| EntriesError::Order {
            expected: format!("its payload {} right before it", envelope.payload()),
            found: block.id(),
        })?;
        if Payload::kind(payload.bytes()) == Some(InvocationTag::TEXT) {
            self.blocks.push(block);
            return Ok(None);
        }
        let read = Payload::from_bytes(payload.bytes())
            .map_err(|error| EntriesError::Payload(payload.id(), error))?;
        let id = block.id();
        self.blocks.push(block);
        let (first, payload, legs) = match self.awaits.take() {
            None => (id, Box::new(read), Vec::new()),
            Some((first, payload, mut legs)) => {
                if !matches!(read, Payload::Leg(_)) {
                    return Err(EntriesError::Order { expected: format!("a leg of {first}"), found: id });
                }
                legs.push(id);
                (first, payload, legs)
            }
        };
        if matches!(&*payload, Payload::Receipt(receipt) if legs.len() < receipt.with.len()) {
            self.awaits = Some((first, payload, legs));
            return Ok(None);
        }
        self.bytes = 0;
        complete(std::mem::take(&mut self.blocks), first, &payload, legs).map(Some)
    }

    /// That the row ended where an entry ended.
    pub fn finish(&self) -> Result<(), EntriesError> {
        if self.blocks.is_empty() { Ok(()) } else { Err(EntriesError::Unfinished(self.blocks.len())) }
    }
}

/// Whether two names are of the same bytes, with one codec and with the other.
fn is_other_name(one: &BlockId, other: &BlockId) -> bool {
    one.codec() != other.codec() && one.as_bytes()[4..] == other.as_bytes()[4..]
}

/// The entry of these blocks, which must be those that it names, in their order.
fn complete(
    blocks: Vec<Block>,
    first: BlockId,
    payload: &Payload,
    legs: Vec<BlockId>,
) -> Result<Gathered, EntriesError> {
    let mut entry = Entry { leaves: vec![first], blocks };
    let named = named(first, payload, |id| Ok(envelope_of(&entry, id)?.payload()))?;
    let there = |id: &&BlockId| entry.block(id).is_some();
    let shared: Vec<BlockId> = named.shared.iter().filter(there).copied().collect();
    let last = entry.blocks.len().saturating_sub(2 + 2 * legs.len());
    let found = entry.blocks[..last].iter().map(Block::id);
    let mut expected = named.own.iter().chain(&shared).copied();
    for found in found {
        let next = expected.next();
        if next != Some(found) {
            if named.own.iter().chain(&named.shared).any(|id| is_other_name(id, &found)) {
                return Err(EntriesError::Codec(found));
            }
            let expected = next.map_or_else(|| "the entry's payload".to_owned(), |id| id.to_string());
            return Err(EntriesError::Order { expected, found });
        }
    }
    if let Some(missing) = expected.next() {
        return Err(EntriesError::Missing(missing));
    }
    let mut lacking = named.needed;
    lacking.retain(|id| !shared.contains(id));
    lacking.sort();
    lacking.dedup();
    entry.leaves = named.leaves;
    entry.leaves.extend(legs);
    Ok(Gathered { entry, lacking, shared, engine: named.engine })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{HostBlock, HostTag};
    use crate::encode::{Domain, SecretKey};
    use crate::name::Origin;

    fn host(n: u8) -> Entry {
        let key = SecretKey::from_bytes(&[n; 32]);
        let log = Origin::parse("icn.example/log").unwrap();
        let payload = Block::encode(&HostBlock { typ: HostTag, log, host: key.did(), time: 1 });
        let envelope = key.seal(Domain::Host, &payload).to_block();
        // As it may stand in a log: in another order, and with a block that nothing names.
        let more = Block::new(Codec::Raw, vec![n]);
        Entry { leaves: vec![envelope.id()], blocks: vec![envelope, more, payload] }
    }

    #[test]
    fn what_is_put_into_a_row_comes_out_again_without_what_nothing_names() {
        let (mut row, mut gather) = (Row::default(), Gather::default());
        for n in 1..4 {
            let entry = host(n);
            let blocks: Vec<Block> = row.next(&entry).unwrap().into_iter().cloned().collect();
            assert_eq!(blocks, [entry.blocks[2].clone(), entry.blocks[0].clone()]);
            assert_eq!(gather.push(blocks[0].clone()), Ok(None));
            assert_eq!(gather.finish(), Err(EntriesError::Unfinished(1)));
            let gathered = gather.push(blocks[1].clone()).unwrap().unwrap();
            assert_eq!(gathered.entry, Entry { leaves: entry.leaves, blocks });
            assert!(gathered.lacking.is_empty() && gathered.shared.is_empty() && gathered.engine.is_none());
            assert_eq!(gather.finish(), Ok(()));
        }
    }

    #[test]
    fn a_block_that_is_missing_or_too_much_is_named() {
        let entry = host(1);
        let (envelope, more, payload) = (&entry.blocks[0], &entry.blocks[1], &entry.blocks[2]);
        let without = |blocks: &[&Block]| {
            let blocks = blocks.iter().map(|block| (*block).clone()).collect();
            Row::default().next(&Entry { leaves: entry.leaves.clone(), blocks }).map(|row| row.len())
        };
        assert_eq!(without(&[envelope]), Err(EntriesError::Missing(payload.id())));
        assert_eq!(without(&[payload]), Err(EntriesError::Missing(envelope.id())));
        let row = |blocks: &[&Block]| {
            let mut gather = Gather::default();
            blocks.iter().try_for_each(|block| gather.push((*block).clone()).map(drop))
        };
        let order = |expected: &str, found: &Block| {
            Err(EntriesError::Order { expected: expected.to_owned(), found: found.id() })
        };
        assert_eq!(row(&[more, payload, envelope]), order("the entry's payload", more));
        let before = format!("its payload {} right before it", payload.id());
        assert_eq!(row(&[payload, more, envelope]), order(&before, envelope));
        assert_eq!(row(&[envelope]), order(&before, envelope));
        let large = Block::new(Codec::Raw, vec![0; 4 * 1024 * 1024]);
        let max = limits::ENTRY_BYTES_MAX;
        let many = vec![&large; max / large.bytes().len() + 1];
        assert_eq!(row(&many), Err(EntriesError::TooLarge { what: "bytes", max }));
    }
}
