//! Reads one group of a segment file, and names what does not hold in it as closely as the format allows: a mark or
//! a block of zeros by its sector, a block by the sector in which it begins, a header or a table by the group's first
//! sector. Entries before the first flaw hold, and are given.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::BlockId;

use super::format::{self, CONTENT_BYTES, GroupHeader, HEADER_BYTES, SECTOR_BYTES, SectorFlaw};
use super::reader::End;
use crate::error::StoreError;

/// How much of a file is looked at together: whole sectors.
const CHUNK_BYTES: u64 = 1024 * 1024;

/// Entries, each with the position of its first leaf.
pub(crate) type Entries = Vec<(u64, Entry)>;

/// What does not hold.
#[derive(Debug, Clone)]
pub(crate) struct Flaw {
    /// The byte of the file where the first sector begins that is, or may be, damaged.
    pub(crate) offset: u64,
    /// The block whose bytes do not hold, where that is known.
    pub(crate) block: Option<BlockId>,
    pub(crate) what: String,
}

impl Flaw {
    fn at(offset: u64, what: &str) -> Self {
        Self { offset, block: None, what: what.to_owned() }
    }
}

/// What stands at a place where a group may begin.
#[derive(Debug)]
pub(crate) enum Found {
    Group {
        entries: Entries,
        next: End,
    },
    /// Nothing but zeros up to the end of the file.
    Nothing,
    /// A sector that should be there was never written: torn, or, if it was ever answered, damage.
    Unwritten {
        held: Entries,
        flaw: Flaw,
        /// Bytes from the group's begin to the last one that is not zero.
        bytes: u64,
    },
    /// Damage behind these entries of the group.
    Damaged {
        held: Entries,
        flaw: Flaw,
    },
}

impl Found {
    fn damaged(flaw: Flaw) -> Self {
        Self::Damaged { held: Vec::new(), flaw }
    }
}

/// Reads what stands at `end` of a segment.
///
/// Format: docs/formats.md, "Segment files".
pub(super) fn read_group(segment: &Segment, end: &End) -> Result<Found, StoreError> {
    let rest = segment.length.saturating_sub(end.offset);
    let part = rest % SECTOR_BYTES as u64;
    let whole = rest - part;
    if whole == 0 {
        return Ok(segment.part(part)?.map_or(Found::Nothing, Found::damaged));
    }
    let first = format::content(&segment.read(end.offset, SECTOR_BYTES as u64)?);
    match first.flaw {
        None => {}
        Some((_, SectorFlaw::BadMark)) => {
            return Ok(Found::damaged(Flaw::at(end.offset, "the mark of a group's first sector is changed")));
        }
        Some((_, SectorFlaw::Zeros)) => {
            let bytes = segment.last_byte(end.offset)?;
            if bytes == 0 {
                return Ok(Found::Nothing);
            }
            if segment.group_begins(end.offset, bytes.min(whole))? {
                // The next group is written only when this one is durable.
                let what = "a group's first sector is zeros, and groups follow it";
                return Ok(Found::damaged(Flaw::at(end.offset, what)));
            }
            if let Some(flaw) = segment.part(part)? {
                return Ok(Found::damaged(flaw));
            }
            let flaw = Flaw::at(end.offset, "sectors are written behind one that is not");
            return Ok(Found::Unwritten { held: Vec::new(), flaw, bytes });
        }
    }
    let Some(header) = GroupHeader::parse(&end.chain, &first.content) else {
        let what = "a group's header does not have the hash that it states";
        return Ok(Found::damaged(Flaw::at(end.offset, what)));
    };
    let Some(bytes) = header.sectors().and_then(|sectors| sectors.checked_mul(SECTOR_BYTES as u64)) else {
        return Ok(Found::damaged(Flaw::at(end.offset, "a group's lengths are beyond counting")));
    };
    let sectors = format::content(&segment.read(end.offset, bytes.min(whole))?);
    let flaw = match sectors.flaw {
        Some((at, SectorFlaw::BadMark)) => {
            Some((at, format!("the mark of sector {at} of a group is changed")))
        }
        Some((at, SectorFlaw::Zeros)) => Some((at, format!("sector {at} of a group was never written"))),
        None if bytes > whole => {
            Some((sectors.content.len() / CONTENT_BYTES, "a group goes on behind the end of its file".into()))
        }
        None => None,
    };
    let flaw = flaw.map(|(at, what)| Flaw::at(end.offset + (at * SECTOR_BYTES) as u64, &what));
    let found = parse_group(&header, &sectors.content, flaw, end, end.offset.saturating_add(bytes));
    // A file is made long enough before a group is written to it: one that is too short was cut.
    let unwritten = sectors.unwritten && bytes <= whole;
    let written = if unwritten { segment.last_byte(end.offset)? } else { 0 };
    Ok(match found {
        // What stands behind the group was written only when it was durable: then it was not cut short.
        Found::Damaged { held, flaw } if unwritten && written <= bytes => {
            Found::Unwritten { held, flaw, bytes: written }
        }
        found => found,
    })
}

/// Looks into a group's content, as far as its sectors hold.
fn parse_group(
    header: &GroupHeader,
    content: &[u8],
    flaw: Option<Flaw>,
    end: &End,
    next_offset: u64,
) -> Found {
    let whole = |what: &str| Found::damaged(Flaw::at(end.offset, what));
    if header.position != end.position {
        return whole("a group states another position than it has");
    }
    let table_bytes = usize::try_from(header.table_bytes).unwrap_or(usize::MAX);
    let body_bytes = usize::try_from(header.body_bytes).unwrap_or(usize::MAX);
    let Some((table, _)) = content[HEADER_BYTES..].split_at_checked(table_bytes) else {
        return flaw.map_or_else(|| whole("a table ends behind its group"), Found::damaged);
    };
    if format::chain_hash(&end.chain, content, table) != header.chain {
        return whole("a group's table does not have the hash that its header states");
    }
    let Some(rows) = format::parse_table(table, header.entries) else {
        return whole("a group's table is malformed");
    };
    let lengths = rows.iter().flat_map(|(_, blocks)| blocks).map(|(_, length)| *length as u64);
    if lengths.sum::<u64>() != body_bytes as u64 {
        return whole("a group's body is not as long as its blocks");
    }
    if rows.is_empty() || rows.len() > limits::GROUP_ENTRIES_MAX {
        return whole("a group has no entries, or too many");
    }
    // Where a byte of the content stands in the file: the begin of its sector.
    let sector_of = |at: usize| end.offset + (at / CONTENT_BYTES * SECTOR_BYTES) as u64;
    let mut at = HEADER_BYTES + table_bytes;
    let mut position = end.position;
    let mut entries = Entries::with_capacity(rows.len());
    for (leaves, lengths) in rows {
        let mut blocks = Vec::with_capacity(lengths.len());
        for (id, length) in lengths {
            let Some(bytes) = content.get(at..at + length) else {
                let what = "a block ends behind its group";
                let flaw = flaw.unwrap_or_else(|| Flaw::at(sector_of(at), what));
                return Found::Damaged { held: entries, flaw: Flaw { block: Some(id), ..flaw } };
            };
            match Block::verified(id, bytes.to_vec()) {
                Ok(block) => blocks.push(block),
                Err(found) => {
                    let what = format!("the {length} bytes of block {id} hash to {found}");
                    let flaw = Flaw { offset: sector_of(at), block: Some(id), what };
                    return Found::Damaged { held: entries, flaw };
                }
            }
            at += length;
        }
        let first = position;
        position += leaves.len() as u64;
        entries.push((first, Entry { leaves, blocks }));
    }
    let padding = content[at..].iter().position(|byte| *byte != 0);
    let padding =
        padding.map(|behind| Flaw::at(sector_of(at + behind), "bytes behind a group's end are not zero"));
    if let Some(flaw) = flaw.or(padding) {
        return Found::Damaged { held: entries, flaw };
    }
    let next = End { segment: end.segment, offset: next_offset, position, chain: header.chain };
    Found::Group { entries, next }
}

/// An open segment file.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Segment {
    /// A file, with the length that it has now.
    pub(super) fn new(file: File, path: &Path) -> Result<Self, StoreError> {
        let mut segment = Self { file, path: path.to_owned(), length: 0 };
        segment.look_again()?;
        Ok(segment)
    }

    /// Takes the length that the file has now: a host may have written since.
    pub(super) fn look_again(&mut self) -> Result<(), StoreError> {
        self.length = self.file.metadata().map_err(StoreError::io("reading", &self.path))?.len();
        Ok(())
    }

    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The first sector; what a shorter file lacks of it is zero.
    pub(super) fn first_sector(&self) -> Result<[u8; SECTOR_BYTES], StoreError> {
        let mut sector = [0u8; SECTOR_BYTES];
        let there = usize::try_from(self.length).unwrap_or(usize::MAX).min(SECTOR_BYTES);
        self.file.read_exact_at(&mut sector[..there], 0).map_err(StoreError::io("reading", &self.path))?;
        Ok(sector)
    }

    pub(super) fn read(&self, offset: u64, bytes: u64) -> Result<Vec<u8>, StoreError> {
        let mut read = vec![0; usize::try_from(bytes).unwrap_or(0)];
        self.file.read_exact_at(&mut read, offset).map_err(StoreError::io("reading", &self.path))?;
        Ok(read)
    }

    /// The part of a sector that a file ends with: a flaw unless it is zeros.
    fn part(&self, bytes: u64) -> Result<Option<Flaw>, StoreError> {
        let offset = self.length - bytes;
        let written = self.read(offset, bytes)?.iter().any(|byte| *byte != 0);
        Ok(written.then(|| Flaw::at(offset, "the file does not end with a whole sector")))
    }

    /// Whether a group begins within so many bytes from a sector's start, among whole sectors.
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
    pub(super) fn last_byte(&self, offset: u64) -> Result<u64, StoreError> {
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
