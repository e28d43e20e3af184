//! The name of a tile: what it holds, its place, its width, and the path of its file.

use std::fmt;

use crate::name::CID_BYTES;

/// The number of hashes in a full tile, and of entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// The number of tree levels in one level of tiles.
pub(super) const TILE_HEIGHT: u32 = 8;
/// The number of levels of tiles that are enough for any tree of 64-bit size.
pub(super) const LEVELS: u8 = 8;
/// The bytes of a hash in a tile.
pub(super) const HASH_BYTES: u64 = 32;
/// The bytes of an entry in a bundle: a length of 2 bytes and a block's name.
pub(super) const ENTRY_BYTES: u64 = (ENTRY_LENGTH.len() + CID_BYTES) as u64;
/// The length before an entry, big-endian. Every entry of this log is a block's name of 36 bytes.
pub(super) const ENTRY_LENGTH: [u8; 2] = [0, 36];

const _: () = {
    assert!(TILE_WIDTH == 1 << TILE_HEIGHT, "a full tile is a complete subtree of its height");
    assert!(LEVELS as u32 * TILE_HEIGHT == u64::BITS, "the levels hold any tree of 64-bit size");
    assert!(u16::from_be_bytes(ENTRY_LENGTH) as usize == CID_BYTES, "an entry is a block's name");
    assert!(TILE_WIDTH * HASH_BYTES <= crate::limits::FETCH_TILE_BYTES_MAX, "a full tile may be fetched");
    assert!(TILE_WIDTH * ENTRY_BYTES <= crate::limits::FETCH_TILE_BYTES_MAX, "a full bundle may be fetched");
};

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes at this level of tiles: of leaves at level 0; above, of the full tiles one level below.
    Tree(u8),
    /// The entries themselves: a bundle.
    Entries,
}

/// The name of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// What the tile holds.
    pub kind: TileKind,
    /// Its place in its level, from 0.
    pub index: u64,
    /// The number of its hashes or entries, from 1 to 256.
    pub width: u64,
}

/// The path of a tile, below the log's prefix: `tile/<L>/<N>[.p/<W>]`, `<N>` in groups of three digits.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_assert!((1..=TILE_WIDTH).contains(&self.width), "a tile is neither empty nor wider than full");
        match self.kind {
            TileKind::Tree(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => write!(f, "tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl Tile {
    /// The tile at this place in a tree of this size, or `None` if the tree has none there.
    #[must_use]
    pub fn at(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let hashes = match kind {
            TileKind::Entries => size,
            TileKind::Tree(level) => size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0),
        };
        let start = index.checked_mul(TILE_WIDTH)?;
        let width = hashes.checked_sub(start)?.min(TILE_WIDTH);
        assert!(start + width <= size, "a level has no more hashes than the tree has leaves");
        (width > 0).then_some(Self { kind, index, width })
    }

    /// A full tile at this place.
    pub(super) const fn full(kind: TileKind, index: u64) -> Self {
        Self { kind, index, width: TILE_WIDTH }
    }

    /// The bytes of a tile of hashes.
    #[must_use]
    pub const fn hash_bytes(&self) -> u64 {
        self.width * HASH_BYTES
    }
}
