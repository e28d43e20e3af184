//! Headers of segments and groups, and the hash chain that ties them together.
//!
//! Segment header (56 bytes of content): magic `ICNSEG01`; number u64; position of the first leaf u64; chain
//! hash of the group before (32 bytes).
//!
//! Group header (96 bytes): magic `GRP1`; entries u32; position of the first leaf u64; bytes of the table u64;
//! bytes of the body u64; chain hash (32 bytes); check (32 bytes). The chain hash is SHA-256(chain hash of the
//! group before ‖ bytes 0 to 31 of the header ‖ table). The check is SHA-256(chain hash of the group before ‖
//! bytes 0 to 63 of the header): with it the lengths can be trusted before the rest is read.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::sector::{CONTENT_BYTES, MARK_FIRST, SECTOR_BYTES};

/// Bytes of a group's header.
pub(crate) const HEADER_BYTES: usize = 96;
/// The first bytes of a segment.
const SEGMENT_MAGIC: &[u8; 8] = b"ICNSEG01";
/// The first bytes of a group.
const GROUP_MAGIC: &[u8; 4] = b"GRP1";
/// The chain hash before the first group of a log.
pub(crate) const CHAIN_START: [u8; 32] = [0; 32];

/// The path of the segment with this number.
pub(crate) fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.seg"))
}

/// The first sector of a segment.
pub(crate) fn segment_header(number: u64, position: u64, chain: &[u8; 32]) -> [u8; SECTOR_BYTES] {
    let mut sector = [0u8; SECTOR_BYTES];
    sector[..8].copy_from_slice(SEGMENT_MAGIC);
    sector[8..16].copy_from_slice(&number.to_le_bytes());
    sector[16..24].copy_from_slice(&position.to_le_bytes());
    sector[24..56].copy_from_slice(chain);
    sector[CONTENT_BYTES] = MARK_FIRST;
    sector
}

/// The chain hash that a segment header states, whatever else is wrong with the sector; `None` without the magic.
pub(crate) fn segment_chain(sector: &[u8]) -> Option<[u8; 32]> {
    sector.strip_prefix(SEGMENT_MAGIC)?.get(16..48)?.try_into().ok()
}

/// The header of a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupHeader {
    /// Number of entries.
    pub(crate) entries: u32,
    /// Position of the first leaf.
    pub(crate) position: u64,
    /// Bytes of the table.
    pub(crate) table_bytes: u64,
    /// Bytes of all blocks together.
    pub(crate) body_bytes: u64,
    /// Chain hash of this group.
    pub(crate) chain: [u8; 32],
}

/// Reads an integer of at most 8 bytes, little endian.
pub(super) fn word(bytes: &[u8]) -> u64 {
    let mut word = [0u8; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

fn header_check(before: &[u8; 32], header: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(&header[..64]).finalize().into()
}

impl GroupHeader {
    /// Reads a header, if its check is right behind a group with the chain hash `before`.
    pub(crate) fn parse(before: &[u8; 32], bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        if bytes[64..] != header_check(before, bytes) {
            return None;
        }
        Self::claimed(bytes)
    }

    /// Reads a header without its check. The result is a guess: nothing may be believed because of it.
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

    /// Bytes of the whole group in its file; `None` when its lengths overflow.
    pub(crate) fn group_bytes(&self) -> Option<u64> {
        let content = self.table_bytes.checked_add(self.body_bytes)?.checked_add(HEADER_BYTES as u64)?;
        content.div_ceil(CONTENT_BYTES as u64).checked_mul(SECTOR_BYTES as u64)
    }
}

/// The chain hash of a group: from the one before, the first 32 bytes of its header, and its table.
pub(crate) fn chain_hash(before: &[u8; 32], header: &[u8], table: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(&header[..32]).chain_update(table).finalize().into()
}

/// The bytes of a group's header behind a group with the chain hash `before`, and the group's own chain hash.
pub(super) fn encode_header(
    before: &[u8; 32],
    position: u64,
    entries: u32,
    table: &[u8],
    body_bytes: u64,
) -> ([u8; HEADER_BYTES], [u8; 32]) {
    let mut header = [0u8; HEADER_BYTES];
    header[..4].copy_from_slice(GROUP_MAGIC);
    header[4..8].copy_from_slice(&entries.to_le_bytes());
    header[8..16].copy_from_slice(&position.to_le_bytes());
    header[16..24].copy_from_slice(&(table.len() as u64).to_le_bytes());
    header[24..32].copy_from_slice(&body_bytes.to_le_bytes());
    let chain = chain_hash(before, &header, table);
    header[32..64].copy_from_slice(&chain);
    let check = header_check(before, &header);
    header[64..].copy_from_slice(&check);
    (header, chain)
}
