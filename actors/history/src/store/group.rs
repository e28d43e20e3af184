//! Reads one group of a segment file, and names what is wrong with it as closely as the format allows.
//!
//! - a wrong mark or a sector of zeros is named by its sector;
//! - a wrong block by the sector in which it begins;
//! - a wrong header or table by the first sector of the group.
//!
//! Entries before the first flaw are sound, and are given. This file decides between a torn write (`Unwritten`)
//! and damage by what the file alone shows; `reader.rs` also knows later segments and checkpoints. The table of
//! all cases is in `docs/design/0001-raw-segment-log.md`, "Torn or damaged".

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::BlockId;

use super::format::{self, CONTENT_BYTES, GroupHeader, HEADER_BYTES, SECTOR_BYTES, SectorFlaw, TableRow};
use super::place::Place;
use super::segment_file::SegmentFile;
use crate::error::StoreError;

/// Entries, each with the position of its first leaf.
pub(crate) type Entries = Vec<(u64, Entry)>;

/// A flaw in a segment file, and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Flaw {
    /// The byte of the file where the first sector begins that is, or may be, damaged.
    pub(crate) offset: u64,
    /// The damaged block, where it is known.
    pub(crate) block: Option<BlockId>,
    /// A description for a person.
    pub(crate) what: String,
}

impl Flaw {
    pub(crate) fn at(offset: u64, what: &str) -> Self {
        Self { offset, block: None, what: what.to_owned() }
    }
}

/// The content of a place where a group may begin.
#[derive(Debug)]
pub(crate) enum Found {
    /// A sound group.
    Group {
        /// Its entries.
        entries: Entries,
        /// The place of the next group.
        next: Place,
    },
    /// Only zeros up to the end of the file.
    Nothing,
    /// A sector of the group was never written. The write was torn by a crash; or, if it was durable once, this
    /// is damage.
    Unwritten {
        /// The sound entries before the flaw.
        sound: Entries,
        /// The first flaw.
        flaw: Flaw,
        /// Bytes from the begin of the group to the last one that is not zero.
        bytes: u64,
    },
    /// Damage.
    Damaged {
        /// The sound entries before the flaw.
        sound: Entries,
        /// The first flaw.
        flaw: Flaw,
    },
}

impl Found {
    /// Damage in front of the first entry.
    fn damaged(flaw: Flaw) -> Self {
        Self::Damaged { sound: Vec::new(), flaw }
    }
}

/// Reads the group at `place`, a place of this segment.
///
/// Format: docs/formats.md, "Segment files".
pub(super) fn read_group(segment: &SegmentFile, place: &Place) -> Result<Found, StoreError> {
    let rest = segment.length().saturating_sub(place.offset);
    let part = rest % SECTOR_BYTES as u64;
    let whole = rest - part;
    if whole == 0 {
        return Ok(flaw_of_part(segment, part)?.map_or(Found::Nothing, Found::damaged));
    }
    let damaged = |what: &str| Ok(Found::damaged(Flaw::at(place.offset, what)));
    let first = format::content(&segment.read(place.offset, SECTOR_BYTES as u64)?);
    match first.flaw {
        None => {}
        Some((_, SectorFlaw::BadMark)) => return damaged("the mark of a group's first sector is changed"),
        Some((_, SectorFlaw::Zeros)) => return behind_zeros(segment, place.offset, whole, part),
    }
    let Some(header) = GroupHeader::parse(&place.chain, &first.content) else {
        return damaged("a group's header does not have the hash that it states");
    };
    let Some(bytes) = header.group_bytes() else {
        return damaged("a group's header states lengths that are too large for any file");
    };
    let sectors = format::content(&segment.read(place.offset, bytes.min(whole))?);
    let flaw = match sectors.flaw {
        Some((at, SectorFlaw::BadMark)) => {
            Some((at, format!("the mark of sector {at} of a group is changed")))
        }
        Some((at, SectorFlaw::Zeros)) => Some((at, format!("sector {at} of a group was never written"))),
        None if bytes > whole => {
            Some((sectors.content.len() / CONTENT_BYTES, "the file ends before the end of a group".into()))
        }
        None => None,
    };
    let flaw = flaw.map(|(at, what)| Flaw::at(place.offset + (at * SECTOR_BYTES) as u64, &what));
    let found = parse_group(&header, &sectors.content, flaw, place, place.offset.saturating_add(bytes));
    // A file is made long enough before a group is written to it: a file that is too short was cut.
    let is_unwritten = sectors.unwritten && bytes <= whole;
    let in_use = if is_unwritten { segment.bytes_in_use(place.offset)? } else { 0 };
    Ok(match found {
        // Bytes behind the group were written only after the group was durable: then its write was not torn.
        Found::Damaged { sound, flaw } if is_unwritten && in_use <= bytes => {
            Found::Unwritten { sound, flaw, bytes: in_use }
        }
        found => found,
    })
}

/// The place begins with a sector of zeros: the end of the log, a torn write, or damage. From there to the end
/// of the file are `whole` bytes of whole sectors, and `part` bytes behind them.
fn behind_zeros(segment: &SegmentFile, offset: u64, whole: u64, part: u64) -> Result<Found, StoreError> {
    let bytes = segment.bytes_in_use(offset)?;
    if bytes == 0 {
        return Ok(Found::Nothing);
    }
    if segment.group_begins(offset, bytes.min(whole))? {
        // The next group is written only after this one is durable.
        let what = "a group's first sector is zeros, and groups follow it";
        return Ok(Found::damaged(Flaw::at(offset, what)));
    }
    if let Some(flaw) = flaw_of_part(segment, part)? {
        return Ok(Found::damaged(flaw));
    }
    let flaw = Flaw::at(offset, "a sector is zeros, and sectors behind it are written");
    Ok(Found::Unwritten { sound: Vec::new(), flaw, bytes })
}

/// The flaw of the last `part` bytes of a file, which are less than a sector; `None` when all are zero.
fn flaw_of_part(segment: &SegmentFile, part: u64) -> Result<Option<Flaw>, StoreError> {
    let offset = segment.length() - part;
    let is_written = segment.read(offset, part)?.iter().any(|byte| *byte != 0);
    Ok(is_written.then(|| Flaw::at(offset, "the file does not end with a whole sector")))
}

/// Parses the content of a group, which ends before the first bad sector (`flaw`).
fn parse_group(
    header: &GroupHeader,
    content: &[u8],
    flaw: Option<Flaw>,
    place: &Place,
    next_offset: u64,
) -> Found {
    let (rows, body) = match read_table(header, content, place) {
        Ok(table) => table,
        Err(TableFlaw::Cut) => {
            let flaw =
                flaw.unwrap_or_else(|| Flaw::at(place.offset, "a group ends before the end of its table"));
            return Found::damaged(flaw);
        }
        Err(TableFlaw::Wrong(what)) => return Found::damaged(Flaw::at(place.offset, what)),
    };
    // The sector in which a byte of the content stands.
    let sector_of = |at: usize| place.offset + (at / CONTENT_BYTES * SECTOR_BYTES) as u64;
    let (mut at, mut position) = (body, place.position);
    let mut entries = Entries::with_capacity(rows.len());
    for (leaves, lengths) in rows {
        let mut blocks = Vec::with_capacity(lengths.len());
        for (id, length) in lengths {
            let Some(bytes) = content.get(at..at + length) else {
                let what = "a group ends before the end of a block";
                let flaw = flaw.unwrap_or_else(|| Flaw::at(sector_of(at), what));
                return Found::Damaged { sound: entries, flaw: Flaw { block: Some(id), ..flaw } };
            };
            match Block::verified(id, bytes.to_vec()) {
                Ok(block) => blocks.push(block),
                Err(found) => {
                    let what = format!("the {length} bytes of block {id} hash to {found}");
                    let flaw = Flaw { offset: sector_of(at), block: Some(id), what };
                    return Found::Damaged { sound: entries, flaw };
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
        return Found::Damaged { sound: entries, flaw };
    }
    let next = Place { segment: place.segment, offset: next_offset, position, chain: header.chain };
    Found::Group { entries, next }
}

/// Why a group has no table that can be used.
enum TableFlaw {
    /// The content ends before it.
    Cut,
    /// It, or the header, is wrong.
    Wrong(&'static str),
}

/// The rows of a group's table, and the byte of the content where the body begins.
fn read_table(
    header: &GroupHeader,
    content: &[u8],
    place: &Place,
) -> Result<(Vec<TableRow>, usize), TableFlaw> {
    let wrong = TableFlaw::Wrong;
    if header.position != place.position {
        return Err(wrong("a group states another position than it has"));
    }
    let table_bytes = usize::try_from(header.table_bytes).unwrap_or(usize::MAX);
    let body_bytes = usize::try_from(header.body_bytes).unwrap_or(usize::MAX);
    let (table, _) = content[HEADER_BYTES..].split_at_checked(table_bytes).ok_or(TableFlaw::Cut)?;
    if format::chain_hash(&place.chain, content, table) != header.chain {
        return Err(wrong("a group's table does not have the hash that its header states"));
    }
    let rows = format::parse_table(table, header.entries).ok_or(wrong("a group's table is malformed"))?;
    let lengths = rows.iter().flat_map(|(_, blocks)| blocks).map(|(_, length)| *length as u64);
    if lengths.sum::<u64>() != body_bytes as u64 {
        return Err(wrong("a group's body is not as long as its blocks"));
    }
    if rows.is_empty() || rows.len() > limits::GROUP_ENTRIES_MAX {
        return Err(wrong("a group has no entries, or too many"));
    }
    Ok((rows, HEADER_BYTES + table_bytes))
}
