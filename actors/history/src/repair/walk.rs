//! Goes through the old log, segment by segment and group by group. Sound groups are kept; `group.rs` takes
//! damaged ones, and `gap.rs` what is missing.

use icn_core::block::Entry;

use super::error::RepairError;
use super::restoration::{Next, Restoration};
use crate::store::format::{self, SECTOR_BYTES};
use crate::store::group::{Entries, Flaw, Found};
use crate::store::place::Place;
use crate::store::salvage::Remains;

impl Restoration<'_> {
    /// Goes through the whole log.
    pub(super) fn run(&mut self) -> Result<(), RepairError> {
        self.walk_segments()?;
        if !self.new.is_aligned() {
            // Written again, the log may take fewer files.
            self.note_superfluous();
        }
        Ok(())
    }

    fn walk_segments(&mut self) -> Result<(), RepairError> {
        let mut at = self.new.place();
        let last = self.listing.last();
        for number in 0..last.map_or(0, |last| last + 1) {
            if at.segment > number {
                // A gap ends behind this segment: nothing in it is known to be of use.
                continue;
            }
            let Some(next) = self.walk_segment(number, at)? else { return Ok(()) };
            at = next;
        }
        if at.position < self.covered() { self.extend_to_covered(at) } else { Ok(()) }
    }

    /// The old log ends before all that is signed.
    fn extend_to_covered(&mut self, at: Place) -> Result<(), RepairError> {
        let what = format!("the log ends at position {}, and {} are signed", at.position, self.covered());
        let end = self.new.place();
        self.note_damage(end.segment, at.position, Flaw { offset: end.offset, block: None, what });
        // A source with groups tells where its segments begin. Without one a sound file is left as it is.
        let has_groups = self
            .sources
            .iter_mut()
            .any(|source| source.entry(at.position).is_some_and(|entry| entry.begins_group.is_some()));
        if !self.new.is_begun() || (!has_groups && !self.new.is_changed()) {
            self.new.begin(None)?;
        }
        self.fill_gap(at, None).map(drop)
    }

    /// Goes through one segment file, from the place where the log is.
    fn walk_segment(&mut self, number: u64, at: Place) -> Result<Next, RepairError> {
        let Some(remains) = Remains::open(&self.path(number))? else {
            self.note_damage(number, at.position, Flaw::at(0, "the file is missing"));
            self.new.begin(None)?;
            let to = self.next_sure_segment(number)?;
            return self.fill_gap(at, to);
        };
        let sector = remains.first_sector()?;
        let mut at = at;
        if sector != format::segment_header(number, at.position, &at.chain) {
            if !remains.is_written_from(0)? && self.is_last(number) && at.position >= self.covered() {
                // A host created it and crashed before it wrote to it. The host goes on there.
                return Ok(Some(at));
            }
            match self.mend_header(number, at, &remains)? {
                HeaderMended::GoOn(place) => at = place,
                HeaderMended::Elsewhere(next) => return Ok(next),
            }
        }
        self.new.begin(Some((number, sector)))?;
        self.walk_groups(number, &remains, Place { segment: number, offset: SECTOR_BYTES as u64, ..at })
    }

    /// A segment whose header is wrong. If its first group confirms that entries are missing in front of it,
    /// they are filled in.
    fn mend_header(
        &mut self,
        number: u64,
        at: Place,
        remains: &Remains,
    ) -> Result<HeaderMended, RepairError> {
        let first = remains.confirmed_first(number)?;
        let what = "its header is not the one that follows the segment before";
        self.note_damage(number, at.position, Flaw::at(0, what));
        let Some(first) = first.filter(|first| (first.position, first.chain) != (at.position, at.chain))
        else {
            return Ok(HeaderMended::GoOn(at));
        };
        let is_of_earlier = first.position < at.position;
        if is_of_earlier || !self.new.is_begun() {
            self.new.begin(None)?;
        }
        let to = if is_of_earlier { self.next_sure_segment(number)? } else { Some(first) };
        Ok(match self.fill_gap(at, to)? {
            Some(next) if next.segment == number => HeaderMended::GoOn(next),
            next => HeaderMended::Elsewhere(next),
        })
    }

    /// Goes through the groups of a segment.
    fn walk_groups(&mut self, number: u64, remains: &Remains, at: Place) -> Result<Next, RepairError> {
        let mut at = at;
        loop {
            match remains.read_group(at)? {
                Found::Group { entries, next } => {
                    self.new.keep(&refs(&entries), next)?;
                    at = next;
                    self.sources.iter_mut().for_each(|source| source.release(at.position));
                }
                Found::Nothing => return Ok(Some(Place { segment: number + 1, offset: 0, ..at })),
                Found::Unwritten { bytes, .. } if self.is_last(number) && at.position >= self.covered() => {
                    self.findings.notices.push(format!(
                        "{} ends in a write of {bytes} bytes at byte {} that a crash cut short: nobody was told that it succeeded, and the host drops it",
                        self.path(number).display(),
                        at.offset
                    ));
                    return Ok(None);
                }
                Found::Unwritten { flaw, .. } | Found::Damaged { flaw, .. } => {
                    self.note_damage(number, at.position, flaw);
                    match self.restore_group(remains, at)? {
                        Some(next) if next.segment == number => at = next,
                        next => return Ok(next),
                    }
                }
            }
        }
    }

    /// The place behind a segment where the old log surely goes on.
    pub(super) fn next_sure_segment(&self, number: u64) -> Result<Next, RepairError> {
        let mut number = number;
        while let Some(next) = self.listing.after(number) {
            if let Some(remains) = Remains::open(&self.path(next))?
                && let Some(place) = remains.confirmed_first(next)?
                && place.position >= self.new.place().position
            {
                return Ok(Some(place));
            }
            number = next;
        }
        Ok(None)
    }
}

/// Where the walk goes on after a wrong segment header.
enum HeaderMended {
    /// In this segment. The log is at this place now.
    GoOn(Place),
    /// In another segment, or nowhere.
    Elsewhere(Next),
}

fn refs(entries: &Entries) -> Vec<&Entry> {
    entries.iter().map(|(_, entry)| entry).collect()
}
