//! What is missing of a log: filled from a source, or lost.

use icn_core::limits;
use icn_core::name::BlockId;

use super::source::{Source, Stored};
use super::walk::{Next, Walk};
use super::{Lost, RepairError};
use crate::store::format::{self, SECTOR_BYTES};
use crate::store::place::Place;

impl Walk<'_> {
    /// The chain hash behind the entries up to a position, as a source has them: in its groups, or as one; if they take
    /// exactly the bytes up to an offset.
    pub(super) fn chain_to(&mut self, at: Place, position: u64, offset: Option<u64>) -> Option<[u8; 32]> {
        let room = match offset {
            Some(offset) => offset.checked_sub(at.offset)?,
            None => limits::SEGMENT_BYTES_MAX,
        };
        let mut buffer = Vec::new();
        for source in &mut *self.sources {
            let (mut chain, mut used, mut end) = (at.chain, 0, at.position);
            while end < position && used < room {
                let (group, next) = group_of(source, end, position, room);
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

    /// Fills the log from where it is to a place where the old one goes on, or to what is signed.
    pub(super) fn gap(&mut self, at: Place, to: Next) -> Result<Next, RepairError> {
        let end = to.map_or_else(|| self.covered(), |to| to.position);
        if to.is_none() && at.position >= end {
            // Damage behind all that is signed, and nothing that holds behind it.
            if !self.cut_unsigned(at.position)? {
                self.lost(at.position, None, &[]);
            }
            return Ok(None);
        }
        let is_exact = to.is_some_and(|to| {
            let offset = Some(to.offset).filter(|_| to.segment == at.segment);
            self.chain_to(at, to.position, offset) == Some(to.chain)
        });
        let may_regroup = self.may_regroup && self.out.frontier().is_some() && end <= self.covered();
        let is_filled = if at.position == end && (may_regroup || to.is_some_and(|to| to.chain == at.chain)) {
            true
        } else {
            self.fill(at.position, end, to, is_exact, may_regroup)?
        };
        if is_filled {
            match to {
                Some(to) => self.out.meet(to)?,
                None => {
                    self.superfluous();
                    self.out.cut()?;
                }
            }
            return Ok(to);
        }
        if self.cut_unsigned(at.position)? {
            return Ok(None);
        }
        self.lost(at.position, Some(end), &[]);
        if !self.out.is_aligned() {
            self.is_in_vain = true;
            return Ok(None);
        }
        match to {
            Some(to) => self.out.lose(to)?,
            None => self.out.lose(at)?,
        }
        Ok(to)
    }

    /// Takes entries from the first source that has them; false when none has.
    fn fill(
        &mut self,
        from: u64,
        end: u64,
        to: Next,
        is_exact: bool,
        may_regroup: bool,
    ) -> Result<bool, RepairError> {
        for index in 0..self.sources.len() {
            let has_all = if is_exact {
                group_end(&mut self.sources[index], from, end) == end
            } else {
                may_regroup && self.sources[index].reach(self.signed)? >= end
            };
            if has_all {
                return self.fill_from(index, from, end, to).map(|()| true);
            }
        }
        Ok(false)
    }

    fn fill_from(&mut self, index: usize, from: u64, end: u64, to: Next) -> Result<(), RepairError> {
        let mut position = from;
        while position < end {
            let source = &mut self.sources[index];
            source.release(position);
            let (group, next) = group_of(source, position, end, limits::SEGMENT_BYTES_MAX);
            if next == position {
                return Err(RepairError::Changed(source.path().to_owned()));
            }
            let begins = source.entry(position).is_some_and(|stored| stored.begins_segment);
            let may_begin = to.is_none_or(|to| self.out.place().segment + 1 < to.segment);
            if begins && may_begin && self.out.place().offset > SECTOR_BYTES as u64 {
                self.out.begin(None)?;
            }
            self.out.put(&self.sources[index].kept_at(&group))?;
            position = next;
        }
        Ok(())
    }

    pub(super) fn lost(&mut self, from: u64, to: Option<u64>, blocks: &[BlockId]) {
        if let Some(damage) = self.findings.damage.last_mut() {
            damage.restored = false;
        }
        let why: Vec<String> = self
            .sources
            .iter()
            .map(|source| {
                format!("{}: {}", source.path().display(), source.why_ended().unwrap_or("it has not"))
            })
            .collect();
        self.findings.lost.push(Lost {
            from,
            to,
            blocks: blocks.iter().map(ToString::to_string).collect(),
            why: why.join("; "),
        });
    }

    /// Ends the log at a position, if that is asked and nothing behind it is signed; says whether it did.
    pub(super) fn cut_unsigned(&mut self, position: u64) -> Result<bool, RepairError> {
        if !self.cuts_unsigned || position < self.covered() {
            return Ok(false);
        }
        self.findings.notices.push(format!(
            "the log is cut at position {position}, behind all that is signed: what stood there cannot be read"
        ));
        self.superfluous();
        self.out.cut()?;
        Ok(true)
    }

    /// The new log ends here: old files behind it have nothing that is of use.
    pub(super) fn superfluous(&mut self) {
        self.findings.superfluous.clear();
        let mut number = self.out.place().segment;
        while let Some(next) = self.listing.after(number) {
            self.findings.superfluous.push(self.path(next));
            number = next;
        }
    }
}

/// The positions of the entries that make the next group: the source's own group, or as many as one may have; and where
/// the next one begins.
fn group_of(source: &mut Source, from: u64, end: u64, bytes_max: u64) -> (Vec<u64>, u64) {
    let (mut group, mut position, mut bytes) = (Vec::new(), from, 0);
    while position < end && group.len() < limits::GROUP_ENTRIES_MAX {
        let Some(Stored { entry, begins_group, .. }) = source.entry(position) else { break };
        bytes += entry.blocks.iter().map(|block| block.bytes().len() as u64).sum::<u64>();
        if !group.is_empty() && (*begins_group == Some(true) || bytes > bytes_max) {
            break;
        }
        group.push(position);
        position += entry.leaves.len() as u64;
    }
    (group, position)
}

/// How far a source has entries, up to an end, without a gap.
fn group_end(source: &mut Source, from: u64, end: u64) -> u64 {
    let mut position = from;
    while position < end
        && let Some(stored) = source.entry(position)
    {
        position += stored.entry.leaves.len() as u64;
    }
    position
}
