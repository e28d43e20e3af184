//! Reads a log from its first group to its last, checking every byte against a hash.
//!
//! What stands behind the last good group is judged: nothing but zeros (written ahead); a write that a crash cut
//! short, which is one with a sector that was never written; or damage. What a checkpoint covers was answered, so
//! there its absence is damage too, and so is anything that another group follows. So is a gap between the segments, and
//! whatever looks like a segment and is none; all of it is found before anybody writes.

use std::fs::File;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;

use super::format::{self, CHAIN_START, SECTOR_BYTES};
use super::group::{Flaw, Found, Segment, read_group};
use super::listing::Listing;
use crate::error::StoreError;

/// What stands behind the last good group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// Nothing, or zeros that were written ahead.
    Clean,
    /// A write that a crash cut short: nobody was answered.
    Torn {
        /// The file.
        file: PathBuf,
        /// Where it begins.
        offset: u64,
        /// Bytes from there to the last one that is not zero.
        bytes: u64,
    },
}

/// Where the log ends, for the writer to go on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
    pub(crate) position: u64,
    pub(crate) chain: [u8; 32],
}

/// A reader of a log directory.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    listing: Option<Listing>,
    file: Option<Segment>,
    end: End,
    covered: u64,
    tail: Option<Tail>,
    /// Damage behind entries of its group that hold: said once they were given.
    damage: Option<(PathBuf, Flaw)>,
}

impl Reader {
    /// A reader from the first leaf.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            listing: None,
            file: None,
            end: End { segment: 0, offset: 0, position: 0, chain: CHAIN_START },
            covered: 0,
            tail: None,
            damage: None,
        }
    }

    /// Tells the size of a checkpoint whose signature holds: what it covers was answered, and must be there.
    pub fn must_reach(&mut self, size: u64) {
        self.covered = self.covered.max(size);
    }

    /// The size that the log must reach, as far as it was told.
    #[must_use]
    pub const fn covered(&self) -> u64 {
        self.covered
    }

    /// What stands behind the last group, once [`Self::next_group`] gave none.
    #[must_use]
    pub const fn tail(&self) -> Option<&Tail> {
        self.tail.as_ref()
    }

    /// Leaves read so far.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.end.position
    }

    pub(crate) const fn end(&self) -> End {
        self.end
    }

    /// Forgets which files there are and how long they are: a host may have written since they were looked at.
    pub(crate) fn look_again(&mut self) -> Result<(), StoreError> {
        self.listing = None;
        self.file.as_mut().map_or(Ok(()), Segment::look_again)
    }

    /// The next group's entries, each with the position of its first leaf. Of a group that is damaged these are the
    /// entries before the damage, if there are any; the next call names the damage.
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
            if self.file.is_none() && !self.open_segment(self.end.segment)? {
                return self.ended(Tail::Clean);
            }
            let Some(segment) = &self.file else { return Ok(None) };
            let path = segment.path().to_owned();
            match read_group(segment, &self.end)? {
                Found::Group { entries, next } => {
                    self.end = next;
                    return Ok(Some(entries));
                }
                Found::Nothing => {
                    // The next segment, if there is one, goes on from here.
                    if self.segment_behind()?.is_none() {
                        return self.ended(Tail::Clean);
                    }
                    self.end.segment += 1;
                    self.end.offset = 0;
                    self.file = None;
                }
                Found::Damaged { held, flaw } => return self.damaged_behind(held, path, flaw),
                Found::Unwritten { held, flaw, bytes } => {
                    if self.segment_behind()?.is_some() || self.end.position < self.covered {
                        return self.damaged_behind(held, path, flaw);
                    }
                    return self.ended(Tail::Torn { file: path, offset: self.end.offset, bytes });
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

    fn segment_behind(&mut self) -> Result<Option<u64>, StoreError> {
        let number = self.end.segment;
        Ok(self.listing()?.behind(number))
    }

    fn ended(&mut self, tail: Tail) -> Result<Option<Vec<(u64, Entry)>>, StoreError> {
        if let Some(stray) = self.listing()?.stray().map(Path::to_owned) {
            let what = "it looks like a segment of the log and is none: segments are files with names of 8 digits and `.seg`, counted from 00000000.seg without a gap";
            let flaw = Flaw { offset: 0, block: None, what: what.into() };
            return Err(self.damaged(&stray, flaw));
        }
        if self.end.position < self.covered {
            let what = format!(
                "a checkpoint covers {} leaves, the log has {}: it was cut or rolled back",
                self.covered, self.end.position
            );
            let path = format::segment_path(&self.dir, self.end.segment);
            return Err(self.damaged(&path, Flaw { offset: self.end.offset, block: None, what }));
        }
        self.tail = Some(tail);
        Ok(None)
    }

    /// Gives what holds of a damaged group, and names the damage at the next call; at once when nothing does.
    fn damaged_behind(
        &mut self,
        held: Vec<(u64, Entry)>,
        file: PathBuf,
        flaw: Flaw,
    ) -> Result<Option<Vec<(u64, Entry)>>, StoreError> {
        self.end.position += held.iter().map(|(_, entry)| entry.leaves.len() as u64).sum::<u64>();
        let error = self.damaged(&file, flaw.clone());
        self.damage = Some((file, flaw));
        if held.is_empty() { Err(error) } else { Ok(Some(held)) }
    }

    fn damaged(&self, file: &Path, flaw: Flaw) -> StoreError {
        let Flaw { offset, block, what } = flaw;
        StoreError::Damaged { file: file.to_owned(), offset, position: self.end.position, block, what }
    }

    fn open_segment(&mut self, number: u64) -> Result<bool, StoreError> {
        self.end.offset = 0;
        let path = format::segment_path(&self.dir, number);
        let whole_file = |what: String| Flaw { offset: 0, block: None, what };
        if path.exists() && !path.is_file() {
            // Among what looks like a segment and is none: told at the end. Opening one might wait for ever.
            return Ok(false);
        }
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return match self.segment_behind()? {
                    Some(behind) => {
                        let behind = format::segment_path(&self.dir, behind);
                        let what = format!("the file is missing, and {} is there", behind.display());
                        Err(self.damaged(&path, whole_file(what)))
                    }
                    None => Ok(false),
                };
            }
            Err(error) => return Err(StoreError::io("opening", &path)(error)),
        };
        let segment = Segment::new(file, &path)?;
        let sector = segment.first_sector()?;
        if sector == format::segment_header(number, self.end.position, &self.end.chain) {
            self.end.offset = SECTOR_BYTES as u64;
            self.file = Some(segment);
            return Ok(true);
        }
        if sector == [0; SECTOR_BYTES] && segment.last_byte(0)? == 0 {
            // Created, and the crash came before its header was durable: nothing that was answered was written
            // behind it.
            return match self.segment_behind()? {
                Some(_) => {
                    let what = "it has no header, and another segment is behind it".to_owned();
                    Err(self.damaged(&path, whole_file(what)))
                }
                None => Ok(false),
            };
        }
        let what = "its header is not the one that follows the segment before".to_owned();
        Err(self.damaged(&path, whole_file(what)))
    }
}
