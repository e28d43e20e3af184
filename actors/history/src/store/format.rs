//! The bytes of a segment file.
//!
//! A segment is a row of sectors of 512 bytes: 511 of content and, last, a mark: `5a` where a header or a group
//! begins, `a5` where it goes on. A header takes the first; groups follow, each beginning with a sector of its own;
//! behind them stand sectors of zeros, written ahead so that a durable append changes no metadata. A disk writes a
//! sector whole or not at all, so the mark tells a sector that was never written (all zeros) from one that was
//! written and is damaged, whatever its content is; and that a group begins somewhere says that all before it was
//! durable.
//! All integers are little endian. Content behind the end of a header or a group is zero.
//!
//! - segment header: magic `ICNSEG01`; number u64; position of its first leaf u64; chain hash of the group
//!   before (32 bytes; zeros in the first)
//! - group header (96 bytes): magic `GRP1`; entries u32; position of its first leaf u64; bytes of the table u64;
//!   bytes of the body u64; chain hash (32 bytes) = SHA-256(chain hash of the group before ‖ those 32 ‖ table);
//!   check (32 bytes) = SHA-256(chain hash of the group before ‖ the 64 bytes before the check)
//! - table: for each entry, leaves u16 and blocks u16; each leaf's CID (36 bytes); each block's CID and length
//!   (u32)
//! - body: the blocks' bytes. A block's CID is the check on them.
//!
//! Format: docs/formats.md, "Segment files".

use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::name::{BlockId, CID_BYTES};
use sha2::{Digest, Sha256};

/// Bytes of a sector.
pub(crate) const SECTOR_BYTES: usize = 512;
/// Bytes of content in a sector.
pub(crate) const CONTENT_BYTES: usize = SECTOR_BYTES - 1;
/// The last byte of a sector in which a header or a group begins.
const MARK_FIRST: u8 = 0x5a;
/// The last byte of a sector in which a group goes on.
const MARK_REST: u8 = 0xa5;
/// Bytes of a group's header.
pub(crate) const HEADER_BYTES: usize = 96;
/// How a segment begins.
pub(crate) const SEGMENT_MAGIC: &[u8; 8] = b"ICNSEG01";
/// How a group begins.
pub(crate) const GROUP_MAGIC: &[u8; 4] = b"GRP1";
/// The chain hash before the first group.
pub(crate) const CHAIN_START: [u8; 32] = [0; 32];

/// Where a segment's file is.
pub(crate) fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.seg"))
}

/// A segment's first sector.
pub(crate) fn segment_header(number: u64, position: u64, chain: &[u8; 32]) -> [u8; SECTOR_BYTES] {
    let mut sector = [0u8; SECTOR_BYTES];
    sector[..8].copy_from_slice(SEGMENT_MAGIC);
    sector[8..16].copy_from_slice(&number.to_le_bytes());
    sector[16..24].copy_from_slice(&position.to_le_bytes());
    sector[24..56].copy_from_slice(chain);
    sector[CONTENT_BYTES] = MARK_FIRST;
    sector
}

/// A group's header, read and checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupHeader {
    pub(crate) entries: u32,
    pub(crate) position: u64,
    pub(crate) table_bytes: u64,
    pub(crate) body_bytes: u64,
    pub(crate) chain: [u8; 32],
}

fn word(bytes: &[u8]) -> u64 {
    let mut word = [0u8; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

fn header_check(before: &[u8; 32], header: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(&header[..64]).finalize().into()
}

impl GroupHeader {
    /// Reads a header, if its check is the one that it must have after that group.
    pub(crate) fn parse(before: &[u8; 32], bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        if bytes[64..] != header_check(before, bytes) {
            return None;
        }
        Self::claimed(bytes)
    }

    /// Reads a header as it stands there, without its check: good for a guess alone.
    pub(crate) fn claimed(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        if bytes[..4] != *GROUP_MAGIC {
            return None;
        }
        let chain = bytes[32..64].try_into().ok()?;
        Some(Self {
            entries: u32::try_from(word(&bytes[4..8])).ok()?,
            position: word(&bytes[8..16]),
            table_bytes: word(&bytes[16..24]),
            body_bytes: word(&bytes[24..32]),
            chain,
        })
    }

    /// Sectors of the whole group; nothing when its lengths are beyond counting.
    pub(crate) fn sectors(&self) -> Option<u64> {
        let bytes = self.table_bytes.checked_add(self.body_bytes)?.checked_add(HEADER_BYTES as u64)?;
        Some(bytes.div_ceil(CONTENT_BYTES as u64))
    }
}

/// The chain hash of a group, from the one before, its header's first 32 bytes and its table.
pub(crate) fn chain_hash(before: &[u8; 32], header: &[u8], table: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(&header[..32]).chain_update(table).finalize().into()
}

/// Writes content into sectors, one after the other.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    used: usize,
    mark: u8,
}

impl Writer<'_> {
    fn push(&mut self, mut content: &[u8]) {
        while !content.is_empty() {
            let (part, rest) = content.split_at(content.len().min(CONTENT_BYTES - self.used));
            self.out.extend_from_slice(part);
            self.used += part.len();
            content = rest;
            if self.used == CONTENT_BYTES {
                self.out.push(std::mem::replace(&mut self.mark, MARK_REST));
                self.used = 0;
            }
        }
    }
    fn end(self) {
        if self.used > 0 {
            self.out.resize(self.out.len() + CONTENT_BYTES - self.used, 0);
            self.out.push(self.mark);
        }
    }
}

/// A group's content as sectors.
pub(crate) fn sectors_of(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len().div_ceil(CONTENT_BYTES) * SECTOR_BYTES);
    let mut sectors = Writer { out: &mut out, used: 0, mark: MARK_FIRST };
    sectors.push(content);
    sectors.end();
    out
}

/// A segment header as it stands there, whatever its mark is: number, position of the first leaf, chain hash before.
pub(crate) fn parse_segment_header(sector: &[u8]) -> Option<(u64, u64, [u8; 32])> {
    let rest = sector.strip_prefix(SEGMENT_MAGIC)?;
    let chain = rest.get(16..48)?.try_into().ok()?;
    Some((word(&rest[..8]), word(&rest[8..16]), chain))
}

/// What is wrong with a sector, before its content is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SectorFlaw {
    /// It was never written.
    Zeros,
    /// Its mark is neither there nor absent.
    BadMark,
}

/// What sectors hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sectors {
    /// The content of those before the first flaw.
    pub(crate) content: Vec<u8>,
    /// The first sector that does not hold.
    pub(crate) flaw: Option<(usize, SectorFlaw)>,
    /// Whether any of them, there or behind, was never written.
    pub(crate) unwritten: bool,
}

/// Whether a group begins in one of these sectors.
pub(crate) fn group_begins(sectors: &[u8]) -> bool {
    sectors.as_chunks::<SECTOR_BYTES>().0.iter().any(|sector| sector[CONTENT_BYTES] == MARK_FIRST)
}

/// Takes the content out of a group's sectors, from its first on.
pub(crate) fn content(sectors: &[u8]) -> Sectors {
    let (sectors, rest) = sectors.as_chunks::<SECTOR_BYTES>();
    debug_assert!(rest.is_empty(), "whole sectors are read");
    let zeros = |sector: &[u8; SECTOR_BYTES]| sector.iter().all(|byte| *byte == 0);
    let unwritten = sectors.iter().any(zeros);
    let mut content = Vec::with_capacity(sectors.len() * CONTENT_BYTES);
    for (at, sector) in sectors.iter().enumerate() {
        if sector[CONTENT_BYTES] != if at == 0 { MARK_FIRST } else { MARK_REST } {
            let flaw = if zeros(sector) { SectorFlaw::Zeros } else { SectorFlaw::BadMark };
            return Sectors { content, flaw: Some((at, flaw)), unwritten };
        }
        content.extend_from_slice(&sector[..CONTENT_BYTES]);
    }
    Sectors { content, flaw: None, unwritten }
}

/// A group's table: which leaves and blocks, and how long.
fn table_of(entries: &[&Entry]) -> (Vec<u8>, u64) {
    let mut table = Vec::new();
    let mut body_bytes = 0u64;
    for entry in entries {
        table.extend_from_slice(&u16::try_from(entry.leaves.len()).unwrap_or(u16::MAX).to_le_bytes());
        table.extend_from_slice(&u16::try_from(entry.blocks.len()).unwrap_or(u16::MAX).to_le_bytes());
        for leaf in &entry.leaves {
            table.extend_from_slice(leaf.as_bytes());
        }
        for block in &entry.blocks {
            table.extend_from_slice(block.id().as_bytes());
            table.extend_from_slice(&u32::try_from(block.bytes().len()).unwrap_or(u32::MAX).to_le_bytes());
            body_bytes += block.bytes().len() as u64;
        }
    }
    (table, body_bytes)
}

/// Encodes a group into `out`, and gives its chain hash. Counts and lengths are bounded by `limits`.
pub(crate) fn encode_group(
    out: &mut Vec<u8>,
    before: &[u8; 32],
    position: u64,
    entries: &[&Entry],
) -> [u8; 32] {
    let (table, body_bytes) = table_of(entries);
    let mut header = [0u8; HEADER_BYTES];
    header[..4].copy_from_slice(GROUP_MAGIC);
    header[4..8].copy_from_slice(&u32::try_from(entries.len()).unwrap_or(u32::MAX).to_le_bytes());
    header[8..16].copy_from_slice(&position.to_le_bytes());
    header[16..24].copy_from_slice(&(table.len() as u64).to_le_bytes());
    header[24..32].copy_from_slice(&body_bytes.to_le_bytes());
    let chain = chain_hash(before, &header, &table);
    header[32..64].copy_from_slice(&chain);
    let check = header_check(before, &header);
    header[64..].copy_from_slice(&check);
    out.clear();
    let mut sectors = Writer { out, used: 0, mark: MARK_FIRST };
    sectors.push(&header);
    sectors.push(&table);
    for block in entries.iter().flat_map(|entry| &entry.blocks) {
        sectors.push(block.bytes());
    }
    sectors.end();
    chain
}

/// One entry's part of a table: its leaves, and its blocks with their lengths.
pub(crate) type TableRow = (Vec<BlockId>, Vec<(BlockId, usize)>);

/// Reads a table; nothing when it is not one. The chain hash was checked, so this failing means a mistake.
pub(crate) fn parse_table(mut table: &[u8], entries: u32) -> Option<Vec<TableRow>> {
    fn take<'a>(table: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = table.split_at_checked(count)?;
        *table = rest;
        Some(taken)
    }
    let mut rows = Vec::new();
    for _ in 0..entries {
        let counts = take(&mut table, 4)?;
        let (leaves, blocks) = (word(&counts[..2]), word(&counts[2..]));
        let leaves = (0..leaves)
            .map(|_| BlockId::from_bytes(take(&mut table, CID_BYTES)?).ok())
            .collect::<Option<Vec<_>>>()?;
        let blocks = (0..blocks)
            .map(|_| {
                let id = BlockId::from_bytes(take(&mut table, CID_BYTES)?).ok()?;
                Some((id, usize::try_from(word(take(&mut table, 4)?)).ok()?))
            })
            .collect::<Option<Vec<_>>>()?;
        rows.push((leaves, blocks));
    }
    table.is_empty().then_some(rows)
}
