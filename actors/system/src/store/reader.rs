//! Reads a log from its first group to its last, checking every byte against a hash.
//!
//! What stands behind the last good group is judged: nothing but zeros (written ahead); a write that a crash cut
//! short, which is one with a sector that was never written; or damage. What a checkpoint covers was answered, so
//! there its absence is damage too, and so is anything that another group follows.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::limits;

use super::StoreError;
use super::format::{self, CHAIN_START, Content, GroupHeader, HEADER_BYTES, SECTOR_BYTES};

/// How much of a file is looked at together: whole sectors.
const CHUNK_BYTES: u64 = 1024 * 1024;

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
    file: Option<Segment>,
    end: End,
    covered: u64,
    tail: Option<Tail>,
}

#[derive(Debug)]
struct Segment {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Reader {
    /// A reader from the first leaf.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            file: None,
            end: End { segment: 0, offset: 0, position: 0, chain: CHAIN_START },
            covered: 0,
            tail: None,
        }
    }

    /// Tells the size of a checkpoint whose signature holds: what it covers was answered, and must be there.
    pub fn must_reach(&mut self, size: u64) {
        self.covered = self.covered.max(size);
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

    /// The next group's entries, each with the position of its first leaf.
    pub fn next_group(&mut self) -> Result<Option<Vec<(u64, Entry)>>, StoreError> {
        loop {
            if self.tail.is_some() {
                return Ok(None);
            }
            if self.file.is_none() && !self.open_segment(self.end.segment)? {
                return self.ended(Tail::Clean);
            }
            let Some(segment) = &self.file else { return Ok(None) };
            let path = segment.path.clone();
            match read_group(segment, &self.end)? {
                Found::Group { entries, next } => {
                    self.end = next;
                    return Ok(Some(entries));
                }
                Found::Nothing => {
                    // The next segment, if there is one, goes on from here.
                    if !self.has_next_segment() {
                        return self.ended(Tail::Clean);
                    }
                    self.end.segment += 1;
                    self.end.offset = 0;
                    self.file = None;
                }
                Found::Damaged(what) => return Err(self.damaged(&path, what)),
                Found::Unwritten { what, bytes } => {
                    if self.has_next_segment() || self.end.position < self.covered {
                        return Err(self.damaged(&path, what));
                    }
                    return self.ended(Tail::Torn { file: path, offset: self.end.offset, bytes });
                }
            }
        }
    }

    fn has_next_segment(&self) -> bool {
        format::segment_path(&self.dir, self.end.segment + 1).exists()
    }

    fn ended(&mut self, tail: Tail) -> Result<Option<Vec<(u64, Entry)>>, StoreError> {
        if self.end.position < self.covered {
            let what = format!(
                "a checkpoint covers {} leaves, the log has {}: it was cut or rolled back",
                self.covered, self.end.position
            );
            return Err(self.damaged(&self.dir.clone(), what));
        }
        self.tail = Some(tail);
        Ok(None)
    }

    fn damaged(&self, file: &Path, what: String) -> StoreError {
        let (offset, position) = (self.end.offset, self.end.position);
        StoreError::Damaged { file: file.to_owned(), offset, position, what }
    }

    fn open_segment(&mut self, number: u64) -> Result<bool, StoreError> {
        let path = format::segment_path(&self.dir, number);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.end.offset = 0;
                return if self.has_next_segment() {
                    Err(self.damaged(&path, "the file is missing".into()))
                } else {
                    Ok(false)
                };
            }
            Err(error) => return Err(StoreError::io("opening", &path)(error)),
        };
        let length = file.metadata().map_err(StoreError::io("reading", &path))?.len();
        self.end.offset = 0;
        let mut sector = [0u8; SECTOR_BYTES];
        if length >= SECTOR_BYTES as u64 {
            file.read_exact_at(&mut sector, 0).map_err(StoreError::io("reading", &path))?;
        }
        if sector == format::segment_header(number, self.end.position, &self.end.chain) {
            self.end.offset = SECTOR_BYTES as u64;
            self.file = Some(Segment { file, path, length });
            return Ok(true);
        }
        if sector == [0; SECTOR_BYTES] && length <= SECTOR_BYTES as u64 {
            // Created, and the crash came before its header was durable: nothing was written behind it.
            return Ok(false);
        }
        Err(self.damaged(&path, "its header is not the one that follows the segment before".into()))
    }
}

enum Found {
    Group {
        entries: Vec<(u64, Entry)>,
        next: End,
    },
    /// Nothing but zeros up to the end of the file.
    Nothing,
    /// A sector that should be there was never written.
    Unwritten {
        what: String,
        bytes: u64,
    },
    Damaged(String),
}

fn read_group(segment: &Segment, end: &End) -> Result<Found, StoreError> {
    let damaged = |what: &str| Ok(Found::Damaged(what.to_owned()));
    let rest = segment.length.saturating_sub(end.offset);
    let part = rest % SECTOR_BYTES as u64;
    if segment.read(segment.length - part, part)?.iter().any(|byte| *byte != 0) {
        return damaged("the file does not end with a whole sector");
    }
    let rest = rest - part;
    if rest == 0 {
        return Ok(Found::Nothing);
    }
    let first = match format::content(&segment.read(end.offset, SECTOR_BYTES as u64)?) {
        Content::Written(content) => content,
        Content::BadMark(_) => return damaged("the mark of a group's first sector is changed"),
        Content::Unwritten => {
            let bytes = segment.last_byte(end.offset)?;
            if bytes > 0 && segment.group_begins(end.offset, bytes)? {
                // The next group is written only when this one is durable.
                return damaged("a group's first sector is zeros, and groups follow it");
            }
            let what = "sectors are written behind one that is not".to_owned();
            return Ok(if bytes == 0 { Found::Nothing } else { Found::Unwritten { what, bytes } });
        }
    };
    let Some(header) = GroupHeader::parse(&end.chain, &first) else {
        return damaged("a group's header does not have the hash that it states");
    };
    let bytes = header.sectors().and_then(|sectors| sectors.checked_mul(SECTOR_BYTES as u64));
    let Some(bytes) = bytes.filter(|bytes| *bytes <= rest) else {
        return damaged("a group ends behind its file");
    };
    let content = match format::content(&segment.read(end.offset, bytes)?) {
        Content::Written(content) => content,
        Content::BadMark(at) => return damaged(&format!("the mark of sector {at} of a group is changed")),
        Content::Unwritten => {
            let written = segment.last_byte(end.offset)?;
            if written > bytes {
                // The next group is written only when this one is durable.
                return damaged("a group with a sector of zeros is followed by another");
            }
            return Ok(Found::Unwritten {
                what: "a group has a sector that was never written".into(),
                bytes: written,
            });
        }
    };
    parse_group(&header, &content, end, end.offset + bytes)
}

fn parse_group(
    header: &GroupHeader,
    content: &[u8],
    end: &End,
    next_offset: u64,
) -> Result<Found, StoreError> {
    let damaged = |what: &str| Ok(Found::Damaged(what.to_owned()));
    if header.position != end.position {
        return damaged("a group states another position than it has");
    }
    let table_bytes = usize::try_from(header.table_bytes).unwrap_or(usize::MAX);
    let body_bytes = usize::try_from(header.body_bytes).unwrap_or(usize::MAX);
    let behind = &content[HEADER_BYTES..];
    let Some((table, behind)) = behind.split_at_checked(table_bytes) else {
        return damaged("a table ends behind its group");
    };
    let Some((mut body, padding)) = behind.split_at_checked(body_bytes) else {
        return damaged("a body ends behind its group");
    };
    if format::chain_hash(&end.chain, content, table) != header.chain {
        return damaged("a group's table does not have the hash that its header states");
    }
    if padding.iter().any(|byte| *byte != 0) {
        return damaged("bytes behind a group's end are not zero");
    }
    let Some(rows) = format::parse_table(table, header.entries) else {
        return damaged("a group's table is malformed");
    };
    let mut position = end.position;
    let mut entries = Vec::with_capacity(rows.len());
    for (leaves, lengths) in rows {
        let mut blocks = Vec::with_capacity(lengths.len());
        for (id, length) in lengths {
            let Some((bytes, rest)) = body.split_at_checked(length) else {
                return damaged("a block ends behind its group");
            };
            body = rest;
            match Block::verified(id, bytes.to_vec()) {
                Ok(block) => blocks.push(block),
                Err(found) => return damaged(&format!("the bytes of block {id} hash to {found}")),
            }
        }
        let first = position;
        position += leaves.len() as u64;
        entries.push((first, Entry { leaves, blocks }));
    }
    if !body.is_empty() || entries.is_empty() || entries.len() > limits::GROUP_ENTRIES_MAX {
        return damaged("a group has no entries, too many, or bytes of no block");
    }
    let next = End { segment: end.segment, offset: next_offset, position, chain: header.chain };
    Ok(Found::Group { entries, next })
}

impl Segment {
    fn read(&self, offset: u64, bytes: u64) -> Result<Vec<u8>, StoreError> {
        let mut read = vec![0; usize::try_from(bytes).unwrap_or(0)];
        self.file.read_exact_at(&mut read, offset).map_err(StoreError::io("reading", &self.path))?;
        Ok(read)
    }

    /// Whether a group begins within so many bytes from a sector's start.
    fn group_begins(&self, offset: u64, bytes: u64) -> Result<bool, StoreError> {
        let end = offset + bytes.next_multiple_of(SECTOR_BYTES as u64);
        let mut at = offset;
        while at < end {
            let chunk = self.read(at, (end - at).min(CHUNK_BYTES))?;
            if format::group_begins(&chunk) {
                return Ok(true);
            }
            at += chunk.len() as u64;
        }
        Ok(false)
    }

    /// How many bytes from `offset` to the last one that is not zero; 0 when there is none.
    fn last_byte(&self, offset: u64) -> Result<u64, StoreError> {
        let mut end = self.length;
        while end > offset {
            let start = end.saturating_sub(CHUNK_BYTES).max(offset);
            let chunk = self.read(start, end - start)?;
            if let Some(at) = chunk.iter().rposition(|byte| *byte != 0) {
                return Ok(start + at as u64 + 1 - offset);
            }
            end = start;
        }
        Ok(0)
    }
}
