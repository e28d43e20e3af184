//! Reads a row of blocks and gives the entries.
//!
//! The row comes from anybody. The reader takes one block after the other: an envelope right after its
//! payload ends an entry, unless it is an invocation's, or legs are still to come. Then the blocks before it
//! must be those that the entry names, in their order. It verifies no signature.

use super::error::{EntriesError, within_bounds};
use super::named::{envelope_of, named};
use crate::block::{Entry, InvocationTag, Payload};
use crate::encode::{Block, Envelope};
use crate::name::{BlockId, Codec, Did};

/// Reads the blocks of a row.
#[derive(Debug, Default)]
pub struct RowReader {
    /// The blocks of the entry that is not complete.
    blocks: Vec<Block>,
    /// The sum of their bytes.
    bytes: usize,
    /// A receipt whose legs are still to come: its envelope, its payload, and the envelopes of the legs that came.
    awaits: Option<(BlockId, Box<Payload>, Vec<BlockId>)>,
}

/// An entry that was read. It has all its blocks except those that stood earlier in the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadEntry {
    /// The entry, with the blocks that stand in its part of the row.
    pub entry: Entry,
    /// The blocks that the entry must have and does not have here. They stood earlier in the row, or are missing.
    pub lacking: Vec<BlockId>,
    /// Those of its blocks that later entries may name, and that must not come again.
    pub shared: Vec<BlockId>,
    /// The scope of a receipt, and the engine that it names. An engine stands in the row once.
    pub engine: Option<(Did, BlockId)>,
}

impl RowReader {
    /// Takes the next block, and gives the entry that it completes.
    pub fn push(&mut self, block: Block) -> Result<Option<ReadEntry>, EntriesError> {
        self.bytes += block.bytes().len();
        within_bounds(self.blocks.len() + 1, self.bytes)?;
        let Ok(envelope) = Envelope::from_bytes(block.bytes()) else {
            self.blocks.push(block);
            return Ok(None);
        };
        let payload = self.blocks.last().filter(|before| before.id() == envelope.payload());
        if block.id().codec() != Codec::DagCbor {
            // Raw bytes may look like an envelope. They may not be the envelope of the payload before them.
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
        self.end_block(id, read)
    }

    /// An envelope came whose payload `read` may end an entry.
    fn end_block(&mut self, id: BlockId, read: Payload) -> Result<Option<ReadEntry>, EntriesError> {
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
        let legs_expected = if let Payload::Receipt(receipt) = &*payload { receipt.with.len() } else { 0 };
        if legs.len() < legs_expected {
            self.awaits = Some((first, payload, legs));
            return Ok(None);
        }
        assert_eq!(legs.len(), legs_expected, "an entry ends with the last leg of its receipt");
        self.bytes = 0;
        complete(std::mem::take(&mut self.blocks), first, &payload, legs).map(Some)
    }

    /// Checks that the row ended where an entry ended.
    pub fn finish(&self) -> Result<(), EntriesError> {
        assert!(self.awaits.is_none() || !self.blocks.is_empty(), "a receipt that awaits its legs is kept");
        if self.blocks.is_empty() { Ok(()) } else { Err(EntriesError::Unfinished(self.blocks.len())) }
    }
}

/// Whether two names are those of the same bytes under different codecs.
fn is_other_name(one: &BlockId, other: &BlockId) -> bool {
    one.codec() != other.codec() && one.digest() == other.digest()
}

/// Makes the entry of these blocks. They must be the blocks that it names, in their order.
fn complete(
    blocks: Vec<Block>,
    first: BlockId,
    payload: &Payload,
    legs: Vec<BlockId>,
) -> Result<ReadEntry, EntriesError> {
    debug_assert!(
        blocks.len() >= 2 + 2 * legs.len(),
        "each envelope that ends something has its payload before it"
    );
    debug_assert_eq!(
        blocks.last().map(Block::id),
        Some(*legs.last().unwrap_or(&first)),
        "an envelope is last"
    );
    let mut entry = Entry { leaves: vec![first], blocks };
    let named = named(first, payload, |id| Ok(envelope_of(&entry, id)?.payload()))?;
    let there = |id: &&BlockId| entry.block(id).is_some();
    let shared: Vec<BlockId> = named.shared.iter().filter(there).copied().collect();
    let end = entry.blocks.len().saturating_sub(2 + 2 * legs.len());
    let found = entry.blocks[..end].iter().map(Block::id);
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
    assert_eq!(end, named.own.len() + shared.len(), "every block before the payload was expected");
    let mut lacking = named.needed;
    lacking.retain(|id| !shared.contains(id));
    lacking.sort();
    lacking.dedup();
    debug_assert!(lacking.iter().all(|id| entry.block(id).is_none()), "a block that is lacking is not here");
    entry.leaves = named.leaves;
    entry.leaves.extend(legs);
    Ok(ReadEntry { entry, lacking, shared, engine: named.engine })
}
