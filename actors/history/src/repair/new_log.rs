//! `NewLog`: the repaired log, made segment by segment.
//!
//! While the new log is the old one byte for byte (it is *aligned*), nothing is written. At the first change in
//! a segment a new file is made beside the old one. Where a group had to be formed differently, the hash chain
//! changes: the log is no longer aligned, and everything behind is written again.
//!
//! The tree over all entries is compared with every signed checkpoint on the way.

use std::path::Path;

use icn_core::block::Entry;
use icn_core::limits;
use icn_core::log::{Checkpoint, Frontier};

use super::error::RepairError;
use super::staged_file::{StagedFile, old_has, old_is_longer, staged_path};
use crate::error::StoreError;
use crate::store::format::{self, SECTOR_BYTES};
use crate::store::place::Place;

/// The repaired log, as far as it is made.
pub(super) struct NewLog<'a> {
    /// The directory of the old segment files, and of the new ones beside them.
    log: &'a Path,
    is_dry: bool,
    /// The place of the next group.
    place: Place,
    /// Whether the segment at `place` was begun.
    is_begun: bool,
    /// Whether the segment's header must be written before its first group.
    lacks_header: bool,
    /// Whether the new log has been the old one byte for byte so far.
    is_aligned: bool,
    /// The tree over all entries. `None` behind a part that could not be restored.
    frontier: Option<Frontier>,
    signed: &'a [Checkpoint],
    /// The new file of the segment at `place`, if it changes.
    current: Option<StagedFile>,
    /// The numbers of the segments before that change.
    changed: Vec<u64>,
    /// The encoded group; kept to use its memory again.
    buffer: Vec<u8>,
}

impl<'a> NewLog<'a> {
    pub(super) fn new(log: &'a Path, signed: &'a [Checkpoint], is_dry: bool) -> Self {
        Self {
            log,
            is_dry,
            place: Place::START,
            is_begun: false,
            lacks_header: false,
            is_aligned: true,
            frontier: Some(Frontier::default()),
            signed,
            current: None,
            changed: Vec::new(),
            buffer: Vec::new(),
        }
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// Whether the segment at [`Self::place`] was begun.
    pub(super) const fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// Whether the segment at [`Self::place`] changes.
    pub(super) const fn is_changed(&self) -> bool {
        self.current.is_some()
    }

    /// Whether the new log has been the old one byte for byte so far.
    pub(super) const fn is_aligned(&self) -> bool {
        self.is_aligned
    }

    /// Whether all entries so far are known, so that the tree is.
    pub(super) const fn is_whole(&self) -> bool {
        self.frontier.is_some()
    }

    /// Begins the next segment. `old` is the number of the old file that goes on from here, and its first sector.
    pub(super) fn begin(&mut self, old: Option<(u64, [u8; SECTOR_BYTES])>) -> Result<(), StoreError> {
        self.end_segment(false)?;
        if self.is_begun {
            self.place.segment += 1;
        }
        self.is_begun = true;
        self.place.offset = SECTOR_BYTES as u64;
        self.is_aligned &= old.is_none_or(|(number, _)| number == self.place.segment);
        self.lacks_header = !self.is_aligned || old.is_none_or(|(_, sector)| sector != self.header());
        if old.is_some() { self.write_header() } else { Ok(()) }
    }

    fn header(&self) -> [u8; SECTOR_BYTES] {
        format::segment_header(self.place.segment, self.place.position, &self.place.chain)
    }

    fn write_header(&mut self) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.lacks_header) {
            return Ok(());
        }
        let header = self.header();
        self.write(0, &header)
    }

    /// Takes a sound group of the old log. `next` is the place behind it there.
    pub(super) fn keep(&mut self, entries: &[&Entry], next: Place) -> Result<(), RepairError> {
        if !self.is_aligned {
            return self.put(entries);
        }
        self.place = next;
        self.count(entries)
    }

    /// Adds a group.
    pub(super) fn put(&mut self, entries: &[&Entry]) -> Result<(), RepairError> {
        self.write_header()?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let chain = format::encode_group(&mut buffer, &self.place.chain, self.place.position, entries);
        let length = buffer.len() as u64;
        if self.place.offset + length > limits::SEGMENT_BYTES_MAX && self.place.offset > SECTOR_BYTES as u64 {
            self.is_aligned = false;
            self.begin(None)?;
            self.write_header()?;
        }
        self.write(self.place.offset, &buffer)?;
        self.buffer = buffer;
        self.place.offset += length;
        self.place.chain = chain;
        self.place.position += entries.iter().map(|entry| entry.leaves.len() as u64).sum::<u64>();
        self.count(entries)
    }

    /// Adds a group that lacks some blocks: the content that is known, at its place in the old file. `next` is
    /// the place behind it there.
    pub(super) fn put_incomplete(&mut self, content: &[u8], next: Place) -> Result<(), StoreError> {
        if self.is_aligned {
            self.write(self.place.offset, &format::sectors_of(content))?;
        }
        self.skip_to(next)
    }

    /// Adds entries to the tree, and compares it with the checkpoints.
    fn count(&mut self, entries: &[&Entry]) -> Result<(), RepairError> {
        let Some(frontier) = &mut self.frontier else { return Ok(()) };
        for entry in entries {
            entry.leaves.iter().for_each(|leaf| frontier.append(leaf));
            RepairError::check_roots(self.signed, frontier, self.log)?;
        }
        Ok(())
    }

    /// Goes on at a place of the old log, with a part missing before it. Allowed only while the log is aligned.
    pub(super) fn skip_to(&mut self, next: Place) -> Result<(), StoreError> {
        self.frontier = None;
        self.lacks_header = false;
        if next.offset > SECTOR_BYTES as u64 {
            self.place = next;
            return Ok(());
        }
        // The place is the begin of a segment: `begin` is called when the walk comes to it.
        self.end_segment(false)?;
        self.is_begun = next.segment > 0;
        self.place = Place { segment: next.segment.saturating_sub(1), ..next };
        Ok(())
    }

    /// Goes on at a place of the old log, with nothing missing before it.
    pub(super) fn continue_at(&mut self, next: Place) -> Result<(), StoreError> {
        let is_same_file = next.segment == self.place.segment;
        let fits = if is_same_file {
            next.offset == self.place.offset
        } else {
            next.segment == self.place.segment + 1
        };
        self.is_aligned &= fits && next.chain == self.place.chain;
        if !is_same_file {
            // The old file may have bytes behind its last group: they are no group.
            self.end_segment(true)?;
        }
        Ok(())
    }

    /// Ends the log here: the segment is cut.
    pub(super) fn cut(&mut self) -> Result<(), StoreError> {
        self.end_segment(true)
    }

    /// Finishes the log. Gives the numbers of the segments that change; their new files are durable.
    pub(super) fn finish(mut self) -> Result<Vec<u64>, StoreError> {
        self.end_segment(false)?;
        Ok(self.changed)
    }

    /// Removes the new files.
    pub(super) fn give_up(mut self) {
        self.changed.extend(self.current.take().map(|_| self.place.segment));
        for number in self.changed {
            // A file that cannot be removed is overwritten by the next repair. Nobody else reads it.
            let _ = std::fs::remove_file(staged_path(self.log, number));
        }
    }

    fn end_segment(&mut self, is_cut: bool) -> Result<(), StoreError> {
        if !self.is_begun {
            return Ok(());
        }
        let Place { segment, offset, .. } = self.place;
        if is_cut && self.current.is_none() && old_is_longer(self.log, segment, offset)? {
            self.stage()?;
        }
        if let Some(staged) = self.current.take() {
            staged.finish((is_cut || !self.is_aligned).then_some(offset))?;
            self.changed.push(segment);
        }
        Ok(())
    }

    /// The new file of the current segment, which is made if it does not exist.
    fn stage(&mut self) -> Result<&StagedFile, StoreError> {
        let staged = match self.current.take() {
            Some(staged) => staged,
            None => StagedFile::make(self.log, self.place.segment, self.is_dry)?,
        };
        Ok(self.current.insert(staged))
    }

    /// Writes bytes to the current segment, unless the old file has them there.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let segment = self.place.segment;
        if self.current.is_none() && self.is_aligned && old_has(self.log, segment, offset, bytes)? {
            return Ok(());
        }
        self.stage()?.write(offset, bytes)
    }
}
