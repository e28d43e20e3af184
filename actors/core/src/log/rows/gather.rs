//! From a row of blocks to entries.

use super::error::RowError;
use super::named::{envelope_of, named, within_bounds};
use crate::block::{Entry, InvocationTag, Payload};
use crate::encode::{Block, Envelope};
use crate::name::{BlockId, Codec, Did};

/// Takes the blocks of a row and gives the entries.
#[derive(Debug, Default)]
pub struct RowReader {
    blocks: Vec<Block>,
    bytes: usize,
    /// A receipt whose legs are still to come: it, and the envelopes of the legs that came.
    awaits: Option<(BlockId, Box<Payload>, Vec<BlockId>)>,
}

/// An entry that is complete but for blocks that stood before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowEntry {
    /// The entry, with the blocks that stand in its part of the row.
    pub entry: Entry,
    /// Blocks that it must have with it and that are not among those: they stood before, or are missing.
    pub lacking: Vec<BlockId>,
    /// Those of its blocks that later entries may name, and that must not come again.
    pub shared: Vec<BlockId>,
    /// Of a receipt: its scope, and the engine that it names, which stands in the row once.
    pub engine: Option<(Did, BlockId)>,
}

impl RowReader {
    /// Takes the next block; gives the entry that it completes.
    pub fn push(&mut self, block: Block) -> Result<Option<RowEntry>, RowError> {
        self.bytes += block.bytes().len();
        within_bounds(self.blocks.len() + 1, self.bytes)?;
        let id = block.id();
        let payload = self.payload_under(&block)?;
        self.blocks.push(block);
        let Some(read) = payload else { return Ok(None) };
        let (first, payload, legs) = match self.awaits.take() {
            None => (id, Box::new(read), Vec::new()),
            Some((first, payload, mut legs)) => {
                if !matches!(read, Payload::Leg(_)) {
                    return Err(RowError::Order { expected: format!("a leg of {first}"), found: id });
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

    /// The payload that a block is the envelope of; nothing when it is none, or an invocation's.
    fn payload_under(&self, block: &Block) -> Result<Option<Payload>, RowError> {
        let Ok(envelope) = Envelope::from_bytes(block.bytes()) else { return Ok(None) };
        let payload = self.blocks.last().filter(|before| before.id() == envelope.payload());
        if block.id().codec() != Codec::DagCbor {
            // Raw bytes that happen to be an envelope, but for the envelope of the payload before.
            return if payload.is_some() { Err(RowError::Codec(block.id())) } else { Ok(None) };
        }
        if let Some(before) = self.blocks.last().map(Block::id)
            && is_other_name(&before, &envelope.payload())
        {
            return Err(RowError::Codec(before));
        }
        let payload = payload.ok_or_else(|| RowError::Order {
            expected: format!("its payload {} right before it", envelope.payload()),
            found: block.id(),
        })?;
        if Payload::kind(payload.bytes()) == Some(InvocationTag::TEXT) {
            return Ok(None);
        }
        let read = Payload::from_bytes(payload.bytes());
        read.map(Some).map_err(|error| RowError::Payload(payload.id(), error))
    }

    /// That the row ended where an entry ended.
    pub fn finish(&self) -> Result<(), RowError> {
        if self.blocks.is_empty() { Ok(()) } else { Err(RowError::Unfinished(self.blocks.len())) }
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
) -> Result<RowEntry, RowError> {
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
                return Err(RowError::Codec(found));
            }
            let expected = next.map_or_else(|| "the entry's payload".to_owned(), |id| id.to_string());
            return Err(RowError::Order { expected, found });
        }
    }
    if let Some(missing) = expected.next() {
        return Err(RowError::Missing(missing));
    }
    let mut lacking = named.needed;
    lacking.retain(|id| !shared.contains(id));
    lacking.sort();
    lacking.dedup();
    entry.leaves = named.leaves;
    entry.leaves.extend(legs);
    Ok(RowEntry { entry, lacking, shared, engine: named.engine })
}
