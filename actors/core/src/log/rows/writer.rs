//! Puts the entries of a log into a row of blocks.

use std::collections::BTreeSet;

use super::error::{EntriesError, within_bounds};
use super::named::{envelope_of, named};
use crate::block::{Entry, Payload};
use crate::encode::Block;
use crate::name::BlockId;

/// Puts entries into a row, one after the other.
#[derive(Debug, Default)]
pub struct RowWriter {
    /// The shared blocks that stood earlier in the row: rolls, modules, UCANs, nodes and engines. No other
    /// block can come twice in a log that is valid, because sequences and the ids of invocations do not
    /// repeat.
    before: BTreeSet<BlockId>,
}

impl RowWriter {
    /// The blocks of the next entry, in the order of the row.
    pub fn next<'e>(&mut self, entry: &'e Entry) -> Result<Vec<&'e Block>, EntriesError> {
        let first = *entry.leaves.first().ok_or(EntriesError::Empty)?;
        let block = |id: &BlockId| entry.block(id).ok_or(EntriesError::Missing(*id));
        let payload_block = block(&envelope_of(entry, &first)?.payload())?;
        let payload = Payload::from_bytes(payload_block.bytes())
            .map_err(|error| EntriesError::Payload(payload_block.id(), error))?;
        let named = named(first, &payload, |id| Ok(envelope_of(entry, id)?.payload()))?;
        let mut row: Vec<&Block> = named.own.iter().map(block).collect::<Result<_, _>>()?;
        for id in &named.shared {
            // A block that is not here came with an earlier entry, or is missing: the audit finds out which.
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
        assert!(row.len() >= 2, "a row has the payload and the envelope that commit the entry");
        assert!(
            row.len() <= named.own.len() + named.shared.len() + 2 + 2 * named.legs,
            "a row has no other blocks"
        );
        Ok(row)
    }
}
