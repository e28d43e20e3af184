//! The log as it is to be: which segment files change, and into what. While the new log is the old one byte for byte
//! (*aligned*), nothing is written; a file is copied when its first change comes, and written beside the old one. From
//! where a group had to be formed anew the chain of hashes is another, and all that follows is written again.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::limits;
use icn_core::log::{Checkpoint, Frontier};

use super::RepairError;
use crate::error::StoreError;
use crate::store::format::{self, SECTOR_BYTES};
use crate::store::place::Place;

/// A segment file that changes; none when nothing is to be written.
type Staged = Option<File>;

/// Where a segment file is made.
pub(super) fn staged_path(log: &Path, number: u64) -> PathBuf {
    format::segment_path(log, number).with_extension("new")
}

/// The new log, as far as it is made.
pub(super) struct Out<'a> {
    log: &'a Path,
    is_dry: bool,
    place: Place,
    is_begun: bool,
    /// Whether the segment's header is written with its first group.
    lacks_header: bool,
    /// Whether it is byte for byte the old one up to here.
    is_aligned: bool,
    /// The tree of all that was read; none behind what could not be restored.
    frontier: Option<Frontier>,
    signed: &'a [Checkpoint],
    current: Option<Staged>,
    done: Vec<u64>,
    buffer: Vec<u8>,
}

impl<'a> Out<'a> {
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
            done: Vec::new(),
            buffer: Vec::new(),
        }
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }
    pub(super) const fn is_begun(&self) -> bool {
        self.is_begun
    }
    /// Whether the segment that is written is another than the old one.
    pub(super) const fn is_changed(&self) -> bool {
        self.current.is_some()
    }
    pub(super) const fn is_aligned(&self) -> bool {
        self.is_aligned
    }
    /// The tree of the new log, when nothing of it is missing.
    pub(super) const fn frontier(&self) -> Option<&Frontier> {
        self.frontier.as_ref()
    }

    /// Begins the next segment. `own` is the old file that goes on from there, and its first sector.
    pub(super) fn begin(&mut self, own: Option<(u64, [u8; SECTOR_BYTES])>) -> Result<(), StoreError> {
        self.end_segment(false)?;
        if self.is_begun {
            self.place.segment += 1;
        }
        self.is_begun = true;
        self.place.offset = SECTOR_BYTES as u64;
        self.is_aligned &= own.is_none_or(|(number, _)| number == self.place.segment);
        self.lacks_header = !self.is_aligned || own.is_none_or(|(_, sector)| sector != self.header());
        if own.is_some() { self.write_header() } else { Ok(()) }
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

    /// A group that the old log has there: its entries, and where the next one begins.
    pub(super) fn keep(&mut self, entries: &[&Entry], next: Place) -> Result<(), RepairError> {
        if !self.is_aligned {
            return self.put(entries);
        }
        self.place = next;
        self.count(entries)
    }

    /// A group, at the place where the log is.
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

    /// A group of which some blocks are missing: what is there of it, at its place in the old file.
    pub(super) fn put_in_part(&mut self, content: &[u8], next: Place) -> Result<(), StoreError> {
        if self.is_aligned {
            self.write(self.place.offset, &format::sectors_of(content))?;
        }
        self.lose(next)
    }

    fn count(&mut self, entries: &[&Entry]) -> Result<(), RepairError> {
        let Some(frontier) = &mut self.frontier else { return Ok(()) };
        for entry in entries {
            entry.leaves.iter().for_each(|leaf| frontier.append(leaf));
            let size = frontier.size();
            for signed in self.signed.iter().filter(|signed| signed.size == size) {
                let found = frontier.root();
                if found != signed.root {
                    return Err(RepairError::OtherHistory {
                        place: self.log.to_owned(),
                        size,
                        signed: signed.root.to_hex(),
                        found: found.to_hex(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Goes on at a place of the old log, whatever is missing before: only while it is aligned.
    pub(super) fn lose(&mut self, next: Place) -> Result<(), StoreError> {
        self.frontier = None;
        self.lacks_header = false;
        if next.offset > SECTOR_BYTES as u64 {
            self.place = next;
            return Ok(());
        }
        // Where a file begins: it is begun when its turn comes.
        self.end_segment(false)?;
        self.is_begun = next.segment > 0;
        self.place = Place { segment: next.segment.saturating_sub(1), ..next };
        Ok(())
    }

    /// Goes on at a place of the old log, with nothing missing before.
    pub(super) fn meet(&mut self, next: Place) -> Result<(), StoreError> {
        let is_same_file = next.segment == self.place.segment;
        let fits = if is_same_file {
            next.offset == self.place.offset
        } else {
            next.segment == self.place.segment + 1
        };
        self.is_aligned &= fits && next.chain == self.place.chain;
        if !is_same_file {
            // What the file has behind its last group is no group.
            self.end_segment(true)?;
        }
        Ok(())
    }

    /// Ends the log here: nothing stands behind.
    pub(super) fn cut(&mut self) -> Result<(), StoreError> {
        self.end_segment(true)
    }

    /// The numbers of the files that change; the new ones are beside them.
    pub(super) fn finish(mut self) -> Result<Vec<u64>, StoreError> {
        self.end_segment(false)?;
        Ok(self.done)
    }

    /// Removes what was made of the new log.
    pub(super) fn give_up(mut self) {
        self.done.extend(self.current.take().map(|_| self.place.segment));
        for number in self.done {
            // One that cannot be removed is overwritten by the next repair; nobody else reads it.
            let _ = std::fs::remove_file(staged_path(self.log, number));
        }
    }

    fn end_segment(&mut self, is_cut: bool) -> Result<(), StoreError> {
        if !self.is_begun {
            return Ok(());
        }
        let path = staged_path(self.log, self.place.segment);
        if is_cut && self.current.is_none() && self.is_written_from()? {
            self.stage()?;
        }
        let Some(staged) = self.current.take() else { return Ok(()) };
        if let Some(file) = &staged {
            if is_cut || !self.is_aligned {
                file.set_len(self.place.offset).map_err(StoreError::io("cutting", &path))?;
            }
            file.sync_all().map_err(StoreError::io("syncing", &path))?;
        }
        self.done.push(self.place.segment);
        Ok(())
    }

    fn is_written_from(&self) -> Result<bool, StoreError> {
        let path = format::segment_path(self.log, self.place.segment);
        match std::fs::metadata(&path) {
            Ok(metadata) => Ok(metadata.len() > self.place.offset),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::io("reading", &path)(error)),
        }
    }

    /// Whether the old file has these bytes.
    fn is_there(&self, offset: u64, bytes: &[u8]) -> Result<bool, StoreError> {
        let path = format::segment_path(self.log, self.place.segment);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StoreError::io("opening", &path)(error)),
        };
        let mut there = vec![0; bytes.len()];
        match file.read_exact_at(&mut there, offset) {
            Ok(()) => Ok(there == bytes),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(StoreError::io("reading", &path)(error)),
        }
    }

    /// Makes the current file one that changes: a copy of the old one, or, when it is another, an empty one.
    fn stage(&mut self) -> Result<Option<&File>, StoreError> {
        let number = self.place.segment;
        let staged = match self.current.take() {
            Some(staged) => staged,
            None if self.is_dry => None,
            None => {
                let (old, new) = (format::segment_path(self.log, number), staged_path(self.log, number));
                let mut options = OpenOptions::new();
                options.read(true).write(true);
                if old.is_file() {
                    std::fs::copy(&old, &new).map_err(StoreError::io("copying", &old))?;
                } else {
                    options.create(true).truncate(true);
                }
                let file = options.open(&new).map_err(StoreError::io("creating", &new))?;
                Some(file)
            }
        };
        Ok(self.current.insert(staged).as_ref())
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreError> {
        if self.current.is_none() && self.is_aligned && self.is_there(offset, bytes)? {
            return Ok(());
        }
        let path = staged_path(self.log, self.place.segment);
        let staged = self.stage()?;
        let Some(file) = staged else { return Ok(()) };
        file.write_all_at(bytes, offset).map_err(StoreError::io("writing", &path))
    }
}
