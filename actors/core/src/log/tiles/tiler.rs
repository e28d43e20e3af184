//! Writes tiles while the leaves go by: full tiles at once, partial tiles at the end.
//!
//! It holds one tile a level, so its memory does not grow with the log. A full tile that was given never changes.

use super::tile::{ENTRY_BYTES, ENTRY_LENGTH, LEVELS, TILE_HEIGHT, TILE_WIDTH, Tile, TileKind};
use crate::log::tree::{Frontier, leaf_hash};
use crate::name::{BlockId, Hash};

/// A tile and its bytes.
pub type Written = (Tile, Vec<u8>);

/// Writes the tiles of a growing log.
#[derive(Debug, Default, Clone)]
pub struct Tiler {
    size: u64,
    /// The bytes of the bundle that is not full.
    bundle: Vec<u8>,
    /// The hashes of the tile that is not full, for each level.
    levels: Vec<Vec<Hash>>,
}

impl Tiler {
    /// The number of leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next leaf, and gives the tiles that it filled.
    pub fn push(&mut self, leaf: &BlockId) -> Vec<Written> {
        self.size += 1;
        let mut full = Vec::new();
        self.push_entry(leaf, &mut full);
        self.push_hash(leaf_hash(leaf.as_bytes()), &mut full);
        debug_assert_eq!(
            self.bundle.len() as u64,
            self.size % TILE_WIDTH * ENTRY_BYTES,
            "the bundle has the entries after the last full one"
        );
        full
    }

    fn push_entry(&mut self, leaf: &BlockId, full: &mut Vec<Written>) {
        self.bundle.extend_from_slice(&ENTRY_LENGTH);
        self.bundle.extend_from_slice(leaf.as_bytes());
        if self.size.is_multiple_of(TILE_WIDTH) {
            let tile = Tile::full(TileKind::Entries, self.size / TILE_WIDTH - 1);
            full.push((tile, std::mem::take(&mut self.bundle)));
        }
    }

    /// Puts a leaf's hash into level 0. A tile that becomes full gives its root to the level above.
    fn push_hash(&mut self, leaf: Hash, full: &mut Vec<Written>) {
        // The next hash of a level, and the number of hashes that the level has with it.
        let (mut hash, mut count) = (leaf, self.size);
        for level in 0..LEVELS {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[usize::from(level)];
            debug_assert_eq!(
                hashes.len() as u64,
                (count - 1) % TILE_WIDTH,
                "a level has the hashes after its last full tile"
            );
            hashes.push(hash);
            if !count.is_multiple_of(TILE_WIDTH) {
                break;
            }
            count /= TILE_WIDTH;
            let hashes = std::mem::take(hashes);
            assert_eq!(hashes.len() as u64, TILE_WIDTH, "a tile is given when it is full");
            let tile = Tile::full(TileKind::Tree(level), count - 1);
            hash = Frontier::of(&hashes).root();
            full.push((tile, to_bytes(&hashes)));
        }
    }

    /// The partial tiles of the tree so far.
    #[must_use]
    pub fn finish(self) -> Vec<Written> {
        let mut partial = Vec::new();
        if let Some(tile) = Tile::at(TileKind::Entries, self.size / TILE_WIDTH, self.size) {
            assert_eq!(
                self.bundle.len() as u64,
                tile.width * ENTRY_BYTES,
                "a bundle is as wide as its name says"
            );
            partial.push((tile, self.bundle));
        }
        for (level, hashes) in (0..LEVELS).zip(self.levels) {
            let index = (self.size >> (TILE_HEIGHT * u32::from(level))) / TILE_WIDTH;
            let Some(tile) = Tile::at(TileKind::Tree(level), index, self.size) else {
                assert!(hashes.is_empty(), "a level that ends with a full tile has no hash left");
                continue;
            };
            let bytes = to_bytes(&hashes);
            assert_eq!(bytes.len() as u64, tile.hash_bytes(), "a tile is as wide as its name says");
            partial.push((tile, bytes));
        }
        assert!(partial.iter().all(|(tile, _)| tile.width < TILE_WIDTH), "full tiles were given before");
        partial
    }
}

fn to_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}
