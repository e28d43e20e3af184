//! From entries to a row of blocks.

use std::collections::BTreeSet;

use super::error::RowError;
use super::named::{envelope_of, named, within_bounds};
use crate::block::{Entry, Payload};
use crate::encode::Block;
use crate::name::BlockId;

/// Puts entries into a row.
///
/// Format: docs/formats.md, "Exports".
#[derive(Debug, Default)]
pub struct RowWriter {
    /// Names of rolls, modules, UCANs, nodes and engines that stood before. Nothing else can come twice in a log that holds:
    /// sequences and ids of invocations do not.
    before: BTreeSet<BlockId>,
}

impl RowWriter {
    /// The blocks that come next in the row: those of the next entry.
    pub fn next<'e>(&mut self, entry: &'e Entry) -> Result<Vec<&'e Block>, RowError> {
        let first = *entry.leaves.first().ok_or(RowError::Empty)?;
        let block = |id: &BlockId| entry.block(id).ok_or(RowError::Missing(*id));
        let payload_block = block(&envelope_of(entry, &first)?.payload())?;
        let payload = Payload::from_bytes(payload_block.bytes())
            .map_err(|error| RowError::Payload(payload_block.id(), error))?;
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
