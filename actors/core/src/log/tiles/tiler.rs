//! Tiles as they are written, while the leaves go by.

use super::tile::{TILE_HEIGHT, TILE_WIDTH, Tile, TileKind};
use crate::log::tree::{Frontier, leaf_hash};
use crate::name::{BlockId, CID_BYTES, Hash};

/// The length before an entry of a bundle: a block's name has 36 bytes.
const NAME_LENGTH: [u8; 2] = [0, 36];

const _: () = assert!(NAME_LENGTH[1] as usize == CID_BYTES, "an entry is a block's name");

/// Levels of tiles that any tree of 64-bit size has, at most.
const LEVELS: u8 = 8;

/// Writes tiles while the leaves go by: a tile is given when it is full, the others at the end. It holds one tile a
/// level, whatever the log's length.
#[derive(Debug, Default, Clone)]
pub struct Tiler {
    size: u64,
    bundle: Vec<u8>,
    levels: Vec<Vec<Hash>>,
}

/// A tile and its bytes.
pub type WrittenTile = (Tile, Vec<u8>);

impl Tiler {
    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next leaf; gives the tiles that it filled.
    pub fn push(&mut self, leaf: &BlockId) -> Vec<WrittenTile> {
        self.bundle.extend_from_slice(&NAME_LENGTH);
        self.bundle.extend_from_slice(leaf.as_bytes());
        self.size += 1;
        let mut full = Vec::new();
        if self.size.is_multiple_of(TILE_WIDTH) {
            let tile = Tile { kind: TileKind::Entries, index: self.size / TILE_WIDTH - 1, width: TILE_WIDTH };
            full.push((tile, std::mem::take(&mut self.bundle)));
        }
        let (mut hash, mut number) = (leaf_hash(leaf.as_bytes()), self.size);
        for level in 0..LEVELS {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[usize::from(level)];
            hashes.push(hash);
            if !number.is_multiple_of(TILE_WIDTH) {
                break;
            }
            number /= TILE_WIDTH;
            let hashes = std::mem::take(hashes);
            let mut tree = Frontier::default();
            hashes.iter().for_each(|hash| tree.push(*hash));
            hash = tree.root();
            let tile = Tile { kind: TileKind::Tree(level), index: number - 1, width: TILE_WIDTH };
            full.push((tile, hashes.iter().flat_map(|hash| hash.0).collect()));
        }
        full
    }

    /// The partial tiles of a tree of the size so far.
    #[must_use]
    pub fn finish(self) -> Vec<WrittenTile> {
        let mut partial = Vec::new();
        if let Some(tile) = Tile::at(TileKind::Entries, self.size / TILE_WIDTH, self.size) {
            partial.push((tile, self.bundle));
        }
        for (level, hashes) in (0..LEVELS).zip(self.levels) {
            let index = (self.size >> (TILE_HEIGHT * u32::from(level))) / TILE_WIDTH;
            if let Some(tile) = Tile::at(TileKind::Tree(level), index, self.size) {
                partial.push((tile, hashes.iter().flat_map(|hash| hash.0).collect()));
            }
        }
        partial
    }
}
