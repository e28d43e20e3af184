//! Reads the bytes of a tile. They may come from anybody.

use super::tile::{ENTRY_BYTES, Tile};
use crate::name::{BlockId, Bytes, Hash};

/// What is wrong with a tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The tile is too short or too long: it was cut, or is a tile of another width.
    #[error("{tile} has {found} bytes, expected {expected}")]
    Length {
        /// The path of the tile.
        tile: String,
        /// The bytes that it must have.
        expected: u64,
        /// The bytes that it has.
        found: u64,
    },
    /// An entry of a bundle is not a block's name.
    #[error("{tile}, entry {entry}: {why}")]
    Entry {
        /// The path of the bundle.
        tile: String,
        /// The entry, from 0.
        entry: u64,
        /// What is wrong with it.
        why: String,
    },
}

/// Reads the hashes of a tile.
pub fn parse_hashes(tile: &Tile, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
    let (expected, found) = (tile.hash_bytes(), bytes.len() as u64);
    if expected != found {
        return Err(TileError::Length { tile: tile.to_string(), expected, found });
    }
    let hashes: Vec<Hash> = bytes.as_chunks::<32>().0.iter().map(|hash| Bytes(*hash)).collect();
    assert_eq!(
        hashes.len() as u64,
        tile.width,
        "a tile of the right length has as many hashes as it is wide"
    );
    Ok(hashes)
}

/// Reads the entries of a bundle: before each entry, which is a block's name, stands its length in 2 bytes,
/// big-endian.
pub fn parse_entries(tile: &Tile, bytes: &[u8]) -> Result<Vec<BlockId>, TileError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let fail =
            |why: String| TileError::Entry { tile: tile.to_string(), entry: entries.len() as u64, why };
        let (length, behind) = rest
            .split_first_chunk::<2>()
            .ok_or_else(|| fail("expected a length of 2 bytes, found 1 byte".into()))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, behind) = behind.split_at_checked(length).ok_or_else(|| {
            fail(format!("expected {length} bytes, as its length says, found {}", behind.len()))
        })?;
        entries.push(BlockId::from_bytes(entry).map_err(|error| fail(error.to_string()))?);
        rest = behind;
    }
    let (expected, found) = (tile.width * ENTRY_BYTES, bytes.len() as u64);
    assert_eq!(entries.len() as u64 * ENTRY_BYTES, found, "every entry that was read has one length");
    if expected != found {
        return Err(TileError::Length { tile: tile.to_string(), expected, found });
    }
    Ok(entries)
}
