//! Restores one damaged group: by its own table, or by entries of a source up to the next sound group.

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::name::BlockId;

use super::error::RepairError;
use super::restoration::{Next, Restoration};
use crate::store::format::{GroupHeader, TableRow};
use crate::store::place::Place;
use crate::store::salvage::Remains;

/// A group whose table is known, while it is restored.
struct GroupByTable<'a> {
    remains: &'a Remains,
    at: Place,
    header: &'a GroupHeader,
    /// Bytes of the body that were taken.
    taken: u64,
    /// The whole content, with zeros for unknown bytes.
    content: Vec<u8>,
}

impl Restoration<'_> {
    /// Restores the damaged group at a place. Gives the place behind it where the log goes on.
    pub(super) fn restore_group(&mut self, remains: &Remains, at: Place) -> Result<Next, RepairError> {
        if let Some(header) = remains.header(at)? {
            if let Some(rows) = remains.table(at, &header)? {
                return self.restore_by_table(remains, at, &header, rows);
            }
            if let Some(next) = self.behind_header(remains, at, &header)? {
                return self.fill_gap(at, Some(next));
            }
        }
        let mut from = at.offset;
        while let Some((offset, claimed)) = remains.claim_behind(from)? {
            // The claimed group may stand directly behind the entries of a source.
            if let Some(chain) = self.chain_to(at, claimed.position, Some(offset))
                && let Some(next) = remains.confirmed(at.segment, offset, &chain)?
                && next.position == claimed.position
            {
                return self.fill_gap(at, Some(next));
            }
            if let Some(next) = remains.confirmed_behind(at.segment, offset, &claimed)?
                && next.position >= at.position
            {
                return self.fill_gap(at, Some(next));
            }
            from = offset;
        }
        let next = self.next_sure_segment(at.segment)?;
        self.fill_gap(at, next)
    }

    /// Restores a group whose table is right: each block from its own bytes, or from a source.
    fn restore_by_table(
        &mut self,
        remains: &Remains,
        at: Place,
        header: &GroupHeader,
        rows: Vec<TableRow>,
    ) -> Result<Next, RepairError> {
        let length = header.group_bytes().unwrap_or(0);
        let mut next = Place { offset: at.offset + length, chain: header.chain, ..at };
        let content = remains.header_and_table(at, header)?;
        let mut group = GroupByTable { remains, at, header, taken: 0, content };
        let (mut entries, mut is_whole) = (Vec::with_capacity(rows.len()), true);
        for (leaves, lengths) in rows {
            let (blocks, missing) = self.restore_blocks(&mut group, next.position, lengths)?;
            let first = next.position;
            next.position += leaves.len() as u64;
            if missing.is_empty() {
                entries.push(Entry { leaves, blocks });
                continue;
            }
            if self.cuts_unsigned && is_whole && first >= self.covered() {
                if !entries.is_empty() {
                    self.new.put(&entries.iter().collect::<Vec<_>>())?;
                }
                return self.cut_unsigned(first).map(|_| None);
            }
            is_whole = false;
            self.note_lost(first, Some(next.position), &missing);
        }
        if is_whole {
            let was_aligned = self.new.is_aligned();
            self.new.put(&entries.iter().collect::<Vec<_>>())?;
            debug_assert!(
                !was_aligned || self.new.place() == next,
                "the table determines every byte of the group"
            );
        } else if self.new.is_aligned() {
            self.new.put_incomplete(&group.content, next)?;
        } else {
            self.must_repeat = true;
            return Ok(None);
        }
        Ok(Some(next))
    }

    /// The blocks of the entry at a position, and the CIDs of those that are nowhere.
    fn restore_blocks(
        &mut self,
        group: &mut GroupByTable<'_>,
        position: u64,
        lengths: Vec<(BlockId, usize)>,
    ) -> Result<(Vec<Block>, Vec<BlockId>), RepairError> {
        let (mut blocks, mut missing) = (Vec::with_capacity(lengths.len()), Vec::new());
        for (id, length) in lengths {
            let mut bytes = group.remains.body(group.at, group.header, group.taken, length as u64)?;
            group.taken += length as u64;
            let block = Block::verified(id, bytes.clone())
                .ok()
                .or_else(|| self.sources.iter_mut().find_map(|source| source.block(position, &id)));
            if let Some(block) = block.filter(|block| block.bytes().len() == length) {
                group.content.extend_from_slice(block.bytes());
                blocks.push(block);
            } else {
                bytes.resize(length, 0);
                group.content.extend_from_slice(&bytes);
                missing.push(id);
            }
        }
        Ok((blocks, missing))
    }

    /// The place behind a group whose header is right and whose table is not: as the next group confirms it;
    /// or, for the last group of its file, as the entries of a source confirm it.
    fn behind_header(
        &mut self,
        remains: &Remains,
        at: Place,
        header: &GroupHeader,
    ) -> Result<Next, RepairError> {
        let next = remains.confirmed_behind(at.segment, at.offset, header)?;
        if next.is_some() {
            return Ok(next);
        }
        let mut position = at.position;
        for source in &mut *self.sources {
            let mut end = at.position;
            let has_all = (0..header.entries).all(|_| {
                let entry = source.entry(end);
                entry.is_some_and(|entry| {
                    end = entry.end();
                    true
                })
            });
            if has_all {
                position = end;
                break;
            }
        }
        let offset = at.offset + header.group_bytes().unwrap_or(0);
        let fits = self.chain_to(at, position, Some(offset)) == Some(header.chain);
        Ok(fits.then_some(Place { segment: at.segment, offset, position, chain: header.chain }))
    }
}
