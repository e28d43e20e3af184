//! A whole group as it is written: header, table and body, in sectors.

use icn_core::block::Entry;

use super::header::{GroupHeader, encode_header};
use super::sector::SectorWriter;
use super::table::table_of;

/// Encodes a group into `out`, which is cleared first, and gives the group's chain hash. `before` is the chain
/// hash of the group before, `position` that of the first leaf. `limits` bounds all counts and lengths.
pub(crate) fn encode_group(
    out: &mut Vec<u8>,
    before: &[u8; 32],
    position: u64,
    entries: &[&Entry],
) -> [u8; 32] {
    let (table, body_bytes) = table_of(entries);
    let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let (header, chain) = encode_header(before, position, count, &table, body_bytes);
    out.clear();
    let mut sectors = SectorWriter::new(out);
    sectors.push(&header);
    sectors.push(&table);
    for block in entries.iter().flat_map(|entry| &entry.blocks) {
        sectors.push(block.bytes());
    }
    sectors.finish();
    debug_assert_eq!(
        GroupHeader::parse(before, &header).and_then(|header| header.group_bytes()),
        Some(out.len() as u64),
        "a reader finds the length that was written"
    );
    chain
}
