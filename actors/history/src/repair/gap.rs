//! Fills a part of the log that is missing with entries of a source. What no source has is lost.

use icn_core::limits;

use super::cursor::SourceEntry;
use super::error::RepairError;
use super::restoration::{Next, Restoration};
use super::source::Source;
use crate::store::format::{self, SECTOR_BYTES};
use crate::store::place::Place;

impl Restoration<'_> {
    /// The chain hash behind the entries from a place up to a position: in the groups of a source that has
    /// groups, else in as few groups as possible. With an offset the groups must take exactly the bytes up to
    /// there.
    pub(super) fn chain_to(&mut self, at: Place, position: u64, offset: Option<u64>) -> Option<[u8; 32]> {
        let room = match offset {
            Some(offset) => offset.checked_sub(at.offset)?,
            None => limits::SEGMENT_BYTES_MAX,
        };
        let mut buffer = Vec::new();
        for source in &mut *self.sources {
            let (mut chain, mut used, mut end) = (at.chain, 0, at.position);
            while end < position && used < room {
                let (group, next) = next_group(source, end, position, room);
                if next == end {
                    break;
                }
                chain = format::encode_group(&mut buffer, &chain, end, &source.kept_at(&group));
                used += buffer.len() as u64;
                end = next;
            }
            if end == position && (used == room || offset.is_none()) {
                return Some(chain);
            }
        }
        None
    }

    /// Fills the log from its place `at` to the place `to` where the old log goes on; without `to`, up to all
    /// that is signed. Gives the place where the walk goes on.
    pub(super) fn fill_gap(&mut self, at: Place, to: Next) -> Result<Next, RepairError> {
        let end = to.map_or_else(|| self.covered(), |to| to.position);
        if to.is_none() && at.position >= end {
            // Damage behind all that is signed, and nothing sound behind it.
            if !self.cut_unsigned(at.position)? {
                self.note_lost(at.position, None, &[]);
            }
            return Ok(None);
        }
        if self.is_filled(at, end, to)? {
            match to {
                Some(to) => self.new.continue_at(to)?,
                None => self.end_here()?,
            }
            return Ok(to);
        }
        if self.cut_unsigned(at.position)? {
            return Ok(None);
        }
        self.note_lost(at.position, Some(end), &[]);
        if !self.new.is_aligned() {
            self.must_repeat = true;
            return Ok(None);
        }
        self.new.skip_to(to.unwrap_or(at))?;
        Ok(to)
    }

    /// Fills the gap, if that is possible. A gap without entries may only lack the end of a file.
    fn is_filled(&mut self, at: Place, end: u64, to: Next) -> Result<bool, RepairError> {
        let is_exact = to.is_some_and(|to| {
            let offset = Some(to.offset).filter(|_| to.segment == at.segment);
            self.chain_to(at, to.position, offset) == Some(to.chain)
        });
        let may_regroup = self.may_regroup && self.new.is_whole() && end <= self.covered();
        if at.position == end && (may_regroup || to.is_some_and(|to| to.chain == at.chain)) {
            return Ok(true);
        }
        for index in 0..self.sources.len() {
            let source = &mut self.sources[index];
            let has_all = if is_exact {
                end_of(source, at.position, end) == end
            } else {
                may_regroup && source.reach(self.signed)? >= end
            };
            if has_all {
                self.fill_from(index, at.position, end, to)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds the entries of a source between two positions.
    fn fill_from(&mut self, index: usize, from: u64, end: u64, to: Next) -> Result<(), RepairError> {
        let mut position = from;
        while position < end {
            let source = &mut self.sources[index];
            source.release(position);
            let (group, next) = next_group(source, position, end, limits::SEGMENT_BYTES_MAX);
            if next == position {
                return Err(RepairError::Changed(source.path().to_owned()));
            }
            let begins_segment = source.entry(position).is_some_and(|entry| entry.begins_segment);
            let may_begin = to.is_none_or(|to| self.new.place().segment + 1 < to.segment);
            if begins_segment && may_begin && self.new.place().offset > SECTOR_BYTES as u64 {
                self.new.begin(None)?;
            }
            self.new.put(&self.sources[index].kept_at(&group))?;
            position = next;
        }
        Ok(())
    }
}

/// The positions of the entries of the next group, and the position behind it: the source's own group, or as
/// many entries as one group may have.
fn next_group(source: &mut Source, from: u64, end: u64, bytes_max: u64) -> (Vec<u64>, u64) {
    let (mut group, mut position, mut bytes) = (Vec::new(), from, 0);
    while position < end && group.len() < limits::GROUP_ENTRIES_MAX {
        let Some(entry) = source.entry(position) else { break };
        bytes += entry.bytes as u64;
        if !group.is_empty() && (entry.begins_group == Some(true) || bytes > bytes_max) {
            break;
        }
        group.push(position);
        position = entry.end();
    }
    (group, position)
}

/// The position up to which a source has all entries, at most `end`.
fn end_of(source: &mut Source, from: u64, end: u64) -> u64 {
    let mut position = from;
    while position < end
        && let Some(next) = source.entry(position).map(SourceEntry::end)
    {
        position = next;
    }
    position
}
