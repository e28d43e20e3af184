//! The table of a group: for each entry its leaves, and its blocks with their lengths.
//!
//! For each entry: number of leaves u16; number of blocks u16; the CID of each leaf (36 bytes); the CID of each
//! block (36 bytes) and its length u32. The blocks' bytes follow in the body, in this order. A block's CID is
//! the check on it.

use icn_core::block::Entry;
use icn_core::name::{BlockId, CID_BYTES};

use super::header::word;

/// One entry of a table: its leaves, and its blocks with their lengths in bytes.
pub(crate) type TableRow = (Vec<BlockId>, Vec<(BlockId, usize)>);

/// The table of these entries, and the bytes of their blocks together. `limits` bounds all counts and lengths.
pub(super) fn table_of(entries: &[&Entry]) -> (Vec<u8>, u64) {
    let mut table = Vec::new();
    let mut body_bytes = 0u64;
    for entry in entries {
        table.extend_from_slice(&u16::try_from(entry.leaves.len()).unwrap_or(u16::MAX).to_le_bytes());
        table.extend_from_slice(&u16::try_from(entry.blocks.len()).unwrap_or(u16::MAX).to_le_bytes());
        for leaf in &entry.leaves {
            table.extend_from_slice(leaf.as_bytes());
        }
        for block in &entry.blocks {
            table.extend_from_slice(block.id().as_bytes());
            table.extend_from_slice(&u32::try_from(block.bytes().len()).unwrap_or(u32::MAX).to_le_bytes());
            body_bytes += block.bytes().len() as u64;
        }
    }
    (table, body_bytes)
}

/// Reads a table; `None` when it is malformed. The chain hash covers a table, so only a mistake of the writer
/// makes one.
pub(crate) fn parse_table(mut table: &[u8], entries: u32) -> Option<Vec<TableRow>> {
    fn take<'a>(table: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = table.split_at_checked(count)?;
        *table = rest;
        Some(taken)
    }
    let mut rows = Vec::new();
    for _ in 0..entries {
        let counts = take(&mut table, 4)?;
        let (leaves, blocks) = (word(&counts[..2]), word(&counts[2..]));
        let leaves = (0..leaves)
            .map(|_| BlockId::from_bytes(take(&mut table, CID_BYTES)?).ok())
            .collect::<Option<Vec<_>>>()?;
        let blocks = (0..blocks)
            .map(|_| {
                let id = BlockId::from_bytes(take(&mut table, CID_BYTES)?).ok()?;
                Some((id, usize::try_from(word(take(&mut table, 4)?)).ok()?))
            })
            .collect::<Option<Vec<_>>>()?;
        rows.push((leaves, blocks));
    }
    table.is_empty().then_some(rows)
}
