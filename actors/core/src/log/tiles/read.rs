//! Tiles and bundles as they are read.

use super::tile::Tile;
use crate::name::{BlockId, Bytes, CID_BYTES, Hash};

/// What is not right with a tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Shorter or longer than it must be: it was cut, or is of another size.
    #[error("{tile} has {found} bytes, expected {expected}")]
    Length {
        /// Which one.
        tile: String,
        /// What it must have.
        expected: u64,
        /// What it has.
        found: u64,
    },
    /// A bundle that does not divide into the entries that its name states.
    #[error("{tile}, entry {entry}: {why}")]
    Entry {
        /// Which one.
        tile: String,
        /// The entry, from 0.
        entry: u64,
        /// What is not right.
        why: String,
    },
}

/// The hashes of a tile.
pub fn parse_hashes(tile: &Tile, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
    let (expected, found) = (tile.hash_bytes(), bytes.len() as u64);
    if expected != found {
        return Err(TileError::Length { tile: tile.to_string(), expected, found });
    }
    Ok(bytes.as_chunks::<32>().0.iter().map(|hash| Bytes(*hash)).collect())
}

/// The entries of a bundle: each has a big-endian length of 2 bytes before it, and here is a block's name.
pub fn parse_entries(tile: &Tile, bytes: &[u8]) -> Result<Vec<BlockId>, TileError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let fail =
            |why: String| TileError::Entry { tile: tile.to_string(), entry: entries.len() as u64, why };
        let (length, behind) = rest.split_first_chunk::<2>().ok_or_else(|| fail("half a length".into()))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, behind) = behind
            .split_at_checked(length)
            .ok_or_else(|| fail(format!("{length} bytes are stated, {} are left", behind.len())))?;
        entries.push(BlockId::from_bytes(entry).map_err(|error| fail(error.to_string()))?);
        rest = behind;
    }
    if entries.len() as u64 != tile.width {
        let each = (2 + CID_BYTES) as u64;
        let (expected, found) = (tile.width * each, bytes.len() as u64);
        return Err(TileError::Length { tile: tile.to_string(), expected, found });
    }
    Ok(entries)
}
