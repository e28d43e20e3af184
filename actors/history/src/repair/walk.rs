//! Through the old log, segment by segment: what holds is kept, what does not is restored from a source, with its old
//! bytes wherever a hash tells what they were. The order of trust:
//!
//! 1. a group whose header and table hold: its blocks by their names;
//! 2. a group, or several, whose next one holds: entries from a source, if they come out with the chain hash that the next
//!    one was written behind;
//! 3. entries from a source that a signed checkpoint covers, in groups formed anew.
//!
//! What none of them gives is lost: named, and left as it is.

use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::log::Checkpoint;

use super::out::Out;
use super::source::Source;
use super::{Damage, Lost, RepairError};
use crate::store::format::{self, GroupHeader, SECTOR_BYTES, TableRow};
use crate::store::group::{Entries, Flaw, Found};
use crate::store::listing::Listing;
use crate::store::place::Place;
use crate::store::salvage::Remains;

/// What a walk finds.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) damage: Vec<Damage>,
    pub(super) lost: Vec<Lost>,
    pub(super) notices: Vec<String>,
    /// Old segment files that have no place in the new log.
    pub(super) superfluous: Vec<PathBuf>,
    /// Files that look like segments and are none.
    pub(super) strays: Vec<PathBuf>,
}

pub(super) struct Walk<'a> {
    pub(super) log: &'a Path,
    pub(super) listing: Listing,
    pub(super) sources: &'a mut [Source],
    pub(super) signed: &'a [Checkpoint],
    /// Whether groups may be formed anew: only in a log of which nothing stays lost, as all that follows is written again.
    pub(super) may_regroup: bool,
    /// Whether groups were formed anew before something was lost: to be walked again without that.
    pub(super) is_in_vain: bool,
    /// Whether what is damaged behind every checkpoint is cut off.
    pub(super) cuts_unsigned: bool,
    pub(super) out: Out<'a>,
    pub(super) findings: Findings,
}

/// What comes next: the place where the old log goes on; none when it does not.
pub(super) type Next = Option<Place>;

impl Walk<'_> {
    /// Goes through the whole log.
    pub(super) fn run(&mut self) -> Result<(), RepairError> {
        self.segments()?;
        if !self.out.is_aligned() {
            // Formed anew, it may take fewer files.
            self.superfluous();
        }
        Ok(())
    }

    fn segments(&mut self) -> Result<(), RepairError> {
        let mut at = self.out.place();
        let last = self.listing.last();
        for number in 0..last.map_or(0, |last| last + 1) {
            if at.segment > number {
                // Jumped over: nothing of it is known to be of use.
                continue;
            }
            let Some(next) = self.segment(number, at)? else { return Ok(()) };
            at = next;
        }
        if at.position < self.covered() {
            let what = format!("the log ends at position {}, and {} are signed", at.position, self.covered());
            let flaw = Flaw { offset: self.out.place().offset, block: None, what };
            self.damaged(self.out.place().segment, at.position, flaw);
            // A source that has groups tells where its segments begin; else a file that holds is left as it is.
            let mut next = self.sources.iter_mut();
            let has_groups =
                next.any(|source| source.entry(at.position).is_some_and(|s| s.begins_group.is_some()));
            if !self.out.is_begun() || (!has_groups && !self.out.is_changed()) {
                self.out.begin(None)?;
            }
            self.gap(at, None)?;
        }
        Ok(())
    }

    /// Leaves that the largest checkpoint covers.
    pub(super) fn covered(&self) -> u64 {
        self.signed.iter().map(|signed| signed.size).max().unwrap_or(0)
    }

    pub(super) fn path(&self, number: u64) -> PathBuf {
        format::segment_path(self.log, number)
    }

    fn damaged(&mut self, number: u64, position: u64, flaw: Flaw) {
        let file = self.path(number);
        let Flaw { offset, block, what } = flaw;
        let block = block.map(|block| block.to_string());
        self.findings.damage.push(Damage {
            file,
            offset: Some(offset),
            position: Some(position),
            block,
            what,
            restored: true,
        });
    }

    fn is_last(&self, number: u64) -> bool {
        self.listing.last().is_none_or(|last| last <= number)
    }

    /// One segment file, from where the log is.
    fn segment(&mut self, number: u64, at: Place) -> Result<Next, RepairError> {
        let Some(remains) = Remains::open(&self.path(number))? else {
            self.damaged(number, at.position, whole_file("the file is missing"));
            self.out.begin(None)?;
            let to = self.behind(number)?;
            return self.gap(at, to);
        };
        let sector = remains.first_sector()?;
        let mut at = at;
        if sector != format::segment_header(number, at.position, &at.chain) {
            if !remains.is_written_from(0)? && self.is_last(number) && at.position >= self.covered() {
                // Made, and not begun before a crash: the host goes on there.
                return Ok(Some(at));
            }
            let first = remains.confirmed_first(number)?;
            let what = "its header is not the one that follows the segment before";
            self.damaged(number, at.position, whole_file(what));
            match first {
                Some(first) if (first.position, first.chain) != (at.position, at.chain) => {
                    let is_of_elsewhere = first.position < at.position;
                    if is_of_elsewhere || !self.out.is_begun() {
                        self.out.begin(None)?;
                    }
                    let to = if is_of_elsewhere { self.behind(number)? } else { Some(first) };
                    match self.gap(at, to)? {
                        Some(next) if next.segment == number => at = next,
                        next => return Ok(next),
                    }
                }
                _ => {}
            }
        }
        self.out.begin(Some((number, sector)))?;
        at = Place { segment: number, offset: SECTOR_BYTES as u64, ..at };
        loop {
            match remains.read_group(at)? {
                Found::Group { entries, next } => {
                    self.out.keep(&refs(&entries), next)?;
                    at = next;
                    self.sources.iter_mut().for_each(|source| source.release(at.position));
                }
                Found::Nothing => return Ok(Some(Place { segment: number + 1, offset: 0, ..at })),
                Found::Unwritten { bytes, .. } if self.is_last(number) && at.position >= self.covered() => {
                    self.findings.notices.push(format!(
                        "{} ends in a write of {bytes} bytes at byte {} that a crash cut short; nobody was answered, and the host drops it",
                        self.path(number).display(), at.offset
                    ));
                    return Ok(None);
                }
                Found::Unwritten { flaw, .. } | Found::Damaged { flaw, .. } => {
                    self.damaged(number, at.position, flaw);
                    match self.group(&remains, at)? {
                        Some(next) if next.segment == number => at = next,
                        next => return Ok(next),
                    }
                }
            }
        }
    }

    /// A damaged group: what comes behind it.
    fn group(&mut self, remains: &Remains, at: Place) -> Result<Next, RepairError> {
        if let Some(header) = remains.header(at)? {
            if let Some(rows) = remains.table(at, &header)? {
                return self.group_by_table(remains, at, &header, rows);
            }
            if let Some(next) = self.behind_header(remains, at, &header)? {
                return self.gap(at, Some(next));
            }
        }
        let mut from = at.offset;
        while let Some((offset, claimed)) = remains.claim_behind(from)? {
            // What one group of these entries would be called, the next one may have been written behind.
            if let Some(chain) = self.chain_to(at, claimed.position, Some(offset))
                && let Some(next) = remains.confirmed(at.segment, offset, &chain)?
                && next.position == claimed.position
            {
                return self.gap(at, Some(next));
            }
            if let Some(next) = remains.confirmed_behind(at.segment, offset, &claimed)?
                && next.position >= at.position
            {
                return self.gap(at, Some(next));
            }
            from = offset;
        }
        let next = self.behind(at.segment)?;
        self.gap(at, next)
    }

    /// A group that is known to the last block: each from its own bytes, or from a source.
    fn group_by_table(
        &mut self,
        remains: &Remains,
        at: Place,
        header: &GroupHeader,
        rows: Vec<TableRow>,
    ) -> Result<Next, RepairError> {
        let length = header.group_bytes().unwrap_or(0);
        let mut next = Place { offset: at.offset + length, chain: header.chain, ..at };
        let (mut entries, mut from, mut is_whole) = (Vec::with_capacity(rows.len()), 0, true);
        let mut content = remains.header_and_table(at, header)?;
        for (leaves, lengths) in rows {
            let mut blocks = Vec::with_capacity(lengths.len());
            let mut missing = Vec::new();
            for (id, length) in lengths {
                let mut bytes = remains.body(at, header, from, length as u64)?;
                from += length as u64;
                let block = Block::verified(id, bytes.clone())
                    .ok()
                    .or_else(|| self.sources.iter_mut().find_map(|source| source.block(next.position, &id)));
                if let Some(block) = block.filter(|block| block.bytes().len() == length) {
                    content.extend_from_slice(block.bytes());
                    blocks.push(block);
                } else {
                    bytes.resize(length, 0);
                    content.extend_from_slice(&bytes);
                    missing.push(id);
                }
            }
            let first = next.position;
            next.position += leaves.len() as u64;
            if missing.is_empty() {
                entries.push(Entry { leaves, blocks });
            } else {
                if self.cuts_unsigned && is_whole && first >= self.covered() {
                    if !entries.is_empty() {
                        self.out.put(&entries.iter().collect::<Vec<_>>())?;
                    }
                    return self.cut_unsigned(first).map(|_| None);
                }
                is_whole = false;
                self.lost(first, Some(next.position), &missing);
            }
        }
        if is_whole {
            let was_aligned = self.out.is_aligned();
            self.out.put(&entries.iter().collect::<Vec<_>>())?;
            debug_assert!(
                !was_aligned || self.out.place() == next,
                "the table tells the group to the last byte"
            );
        } else if self.out.is_aligned() {
            self.out.put_in_part(&content, next)?;
        } else {
            self.is_in_vain = true;
            return Ok(None);
        }
        Ok(Some(next))
    }

    /// Where the group behind one with a good header begins.
    fn behind_header(
        &mut self,
        remains: &Remains,
        at: Place,
        header: &GroupHeader,
    ) -> Result<Option<Place>, RepairError> {
        let next = remains.confirmed_behind(at.segment, at.offset, header)?;
        if next.is_some() {
            return Ok(next);
        }
        // The last group of its file: as many entries as it had.
        let mut position = at.position;
        for source in &mut *self.sources {
            let mut end = at.position;
            let is_there = (0..header.entries).all(|_| {
                source.entry(end).is_some_and(|stored| {
                    end += stored.entry.leaves.len() as u64;
                    true
                })
            });
            if is_there {
                position = end;
                break;
            }
        }
        let offset = at.offset + header.group_bytes().unwrap_or(0);
        let fits = self.chain_to(at, position, Some(offset)) == Some(header.chain);
        Ok(fits.then_some(Place { segment: at.segment, offset, position, chain: header.chain }))
    }

    /// The place behind a segment where the old log surely goes on.
    fn behind(&self, number: u64) -> Result<Next, RepairError> {
        let mut number = number;
        while let Some(next) = self.listing.after(number) {
            if let Some(remains) = Remains::open(&self.path(next))?
                && let Some(place) = remains.confirmed_first(next)?
                && place.position >= self.out.place().position
            {
                return Ok(Some(place));
            }
            number = next;
        }
        Ok(None)
    }
}

fn whole_file(what: &str) -> Flaw {
    Flaw { offset: 0, block: None, what: what.into() }
}

fn refs(entries: &Entries) -> Vec<&Entry> {
    entries.iter().map(|(_, entry)| entry).collect()
}
