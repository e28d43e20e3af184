//! Reads a log from its first group to its last. Every byte is checked against a hash.
//!
//! At the end it decides what the bytes behind the last sound group are:
//!
//! - nothing, or zeros that were written ahead;
//! - a write that a crash cut short: nobody was told that it succeeded, so it may be dropped;
//! - damage. A torn write is damage too when it was durable once: when a later segment exists, or when a signed
//!   checkpoint covers it.
//!
//! Missing segments, and files that only look like segments, are damage as well. The reader finds all of this before
//! anybody writes. It never writes itself, and it takes no lock: what a checkpoint covers does not change.

use std::path::{Path, PathBuf};

use icn_core::block::Entry;

use super::format::{self, SECTOR_BYTES};
use super::group::{Flaw, Found, read_group};
use super::listing::Listing;
use super::place::Place;
use super::segment_file::SegmentFile;
use crate::disk;
use crate::error::StoreError;

/// What stands behind the last sound group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// Nothing, or zeros that were written ahead.
    Clean,
    /// A write that a crash cut short. Nobody was told that it succeeded.
    Torn {
        /// The segment file.
        file: PathBuf,
        /// The byte where the write begins.
        offset: u64,
        /// Bytes from there to the last one that is not zero.
        bytes: u64,
    },
}

/// A reader of a log directory.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    /// The files of the directory, once they were needed.
    listing: Option<Listing>,
    file: Option<SegmentFile>,
    place: Place,
    /// Leaves that the log must have, as signed checkpoints say.
    covered: u64,
    tail: Option<Tail>,
    /// Damage that is reported at the next call: the sound entries before it were given first.
    damage: Option<(PathBuf, Flaw)>,
}

impl Reader {
    /// A reader that begins at the first leaf.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            listing: None,
            file: None,
            place: Place::START,
            covered: 0,
            tail: None,
            damage: None,
        }
    }

    /// Tells the reader that a verified checkpoint has this size. A log that ends before it is damaged.
    pub fn must_reach(&mut self, size: u64) {
        self.covered = self.covered.max(size);
    }

    /// The largest size given to [`Self::must_reach`], in leaves.
    #[must_use]
    pub const fn covered(&self) -> u64 {
        self.covered
    }

    /// What stands behind the last group. `None` until [`Self::next_group`] came to the end of the log.
    #[must_use]
    pub const fn tail(&self) -> Option<&Tail> {
        self.tail.as_ref()
    }

    /// Leaves read so far.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.place.position
    }

    /// Where the log goes on behind what was read.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// Forgets which files exist and how long they are: a host may have written since.
    pub(crate) fn look_again(&mut self) -> Result<(), StoreError> {
        self.listing = None;
        self.file.as_mut().map_or(Ok(()), SegmentFile::look_again)
    }

    /// The entries of the next group, each with the position of its first leaf; `None` at the end of the log. A
    /// damaged group gives the sound entries before the damage, if there are any; the next call reports the
    /// damage.
    ///
    /// Format: docs/formats.md, "Segment files".
    pub fn next_group(&mut self) -> Result<Option<Vec<(u64, Entry)>>, StoreError> {
        loop {
            if let Some((file, flaw)) = &self.damage {
                return Err(self.damaged(file, flaw.clone()));
            }
            if self.tail.is_some() {
                return Ok(None);
            }
            if self.file.is_none() && !self.open_segment(self.place.segment)? {
                return self.end(Tail::Clean);
            }
            let Some(segment) = &self.file else { return Ok(None) };
            let path = segment.path().to_owned();
            match read_group(segment, &self.place)? {
                Found::Group { entries, next } => {
                    self.place = next;
                    return Ok(Some(entries));
                }
                Found::Nothing => {
                    if self.next_segment()?.is_none() {
                        return self.end(Tail::Clean);
                    }
                    self.place.segment += 1;
                    self.place.offset = 0;
                    self.file = None;
                }
                Found::Damaged { sound, flaw } => return self.give_sound(sound, path, flaw),
                Found::Unwritten { sound, flaw, bytes } => {
                    if self.next_segment()?.is_some() || self.place.position < self.covered {
                        return self.give_sound(sound, path, flaw);
                    }
                    return self.end(Tail::Torn { file: path, offset: self.place.offset, bytes });
                }
            }
        }
    }

    fn listing(&mut self) -> Result<&Listing, StoreError> {
        let listing = match self.listing.take() {
            Some(listing) => listing,
            None => Listing::read(&self.dir)?,
        };
        Ok(self.listing.insert(listing))
    }

    fn next_segment(&mut self) -> Result<Option<u64>, StoreError> {
        let number = self.place.segment;
        Ok(self.listing()?.after(number))
    }

    /// The end of the log, if no stray file is there and the log reaches what is covered.
    fn end(&mut self, tail: Tail) -> Result<Option<Vec<(u64, Entry)>>, StoreError> {
        let stray = self.listing()?.strays().next().map(Path::to_owned);
        if let Some(stray) = stray {
            let what = "it looks like a segment of the log and is none: segments are files with names of 8 digits and `.seg`, counted from 00000000.seg without a gap";
            return Err(self.damaged(&stray, Flaw::at(0, what)));
        }
        if self.place.position < self.covered {
            let what = format!(
                "a checkpoint covers {} leaves, the log has {}: it was cut or rolled back",
                self.covered, self.place.position
            );
            let path = format::segment_path(&self.dir, self.place.segment);
            return Err(self.damaged(&path, Flaw::at(self.place.offset, &what)));
        }
        self.tail = Some(tail);
        Ok(None)
    }

    /// Gives the sound entries of a damaged group, and keeps the damage for the next call. Without sound
    /// entries the damage is reported at once.
    fn give_sound(
        &mut self,
        sound: Vec<(u64, Entry)>,
        file: PathBuf,
        flaw: Flaw,
    ) -> Result<Option<Vec<(u64, Entry)>>, StoreError> {
        self.place.position += sound.iter().map(|(_, entry)| entry.leaves.len() as u64).sum::<u64>();
        let error = self.damaged(&file, flaw.clone());
        self.damage = Some((file, flaw));
        if sound.is_empty() { Err(error) } else { Ok(Some(sound)) }
    }

    fn damaged(&self, file: &Path, flaw: Flaw) -> StoreError {
        let Flaw { offset, block, what } = flaw;
        StoreError::Damaged { file: file.to_owned(), offset, position: self.place.position, block, what }
    }

    /// Opens a segment and checks its header. False when the log ends before it.
    fn open_segment(&mut self, number: u64) -> Result<bool, StoreError> {
        self.place.offset = 0;
        let path = format::segment_path(&self.dir, number);
        if path.exists() && !path.is_file() {
            // The listing has it as a stray, which is reported at the end. Opening it might block, as a pipe does.
            return Ok(false);
        }
        let Some(file) = disk::open(&path)? else {
            let Some(next) = self.next_segment()? else { return Ok(false) };
            let next = format::segment_path(&self.dir, next);
            let what = format!("the file is missing, and {} is there", next.display());
            return Err(self.damaged(&path, Flaw::at(0, &what)));
        };
        let segment = SegmentFile::new(file, &path)?;
        let sector = segment.first_sector()?;
        if sector == format::segment_header(number, self.place.position, &self.place.chain) {
            self.place.offset = SECTOR_BYTES as u64;
            self.file = Some(segment);
            return Ok(true);
        }
        if sector == [0; SECTOR_BYTES] && segment.bytes_in_use(0)? == 0 {
            // A crash came after the file was created and before its header was durable. Groups come only
            // behind a durable header.
            if self.next_segment()?.is_none() {
                return Ok(false);
            }
            return Err(
                self.damaged(&path, Flaw::at(0, "it has no header, and another segment is behind it"))
            );
        }
        Err(self.damaged(&path, Flaw::at(0, "its header is not the one that follows the segment before")))
    }
}
