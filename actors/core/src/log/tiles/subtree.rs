//! The root of a subtree, computed from the tiles of a log.
//!
//! Whoever gives the tiles may lie: the root is worth something only when a proof leads from it to a signed root.

use std::ops::Range;

use super::tile::{LEVELS, TILE_HEIGHT, TILE_WIDTH, Tile, TileKind};
use crate::log::tree::{Frontier, node_hash};
use crate::name::Hash;

/// The root of a subtree of a tree of this size. `fetch` gives the hashes of a tile, and is asked for fewer
/// than two tiles a level. The subtree is one that the tree has, as [`crate::log::inclusion_ranges`] gives
/// them; for any other range, and for tiles that are too short, there is no root.
pub fn subtree_root<E>(
    range: &Range<u64>,
    size: u64,
    mut fetch: impl FnMut(&Tile) -> Result<Vec<Hash>, E>,
) -> Result<Option<Hash>, E> {
    let mut parts: Vec<Hash> = Vec::new();
    let (mut start, mut left) = (range.start, range.end.saturating_sub(range.start));
    while left > 0 {
        let Some(part) = Part::first(start, left) else { return Ok(None) };
        let Some(tile) = Tile::at(TileKind::Tree(part.level), part.first / TILE_WIDTH, size) else {
            return Ok(None);
        };
        let hashes = fetch(&tile)?;
        let Some(hashes) = hashes.get(part.within_tile()) else { return Ok(None) };
        parts.push(Frontier::of(hashes).root());
        start += part.leaves;
        left -= part.leaves;
    }
    assert!(parts.len() <= u64::BITS as usize, "a range has at most one complete subtree a level");
    let mut from_right = parts.into_iter().rev();
    let Some(last) = from_right.next() else { return Ok(None) };
    Ok(Some(from_right.fold(last, |right, left| node_hash(&left, &right))))
}

/// A complete subtree whose root follows from some hashes of one tile.
struct Part {
    /// The number of its leaves.
    leaves: u64,
    /// The level of the tile.
    level: u8,
    /// The place of the first hash in the level.
    first: u64,
    /// The number of hashes.
    count: u64,
}

impl Part {
    /// The largest complete subtree that fits in these leaves and begins at `start`; `None` if a tree has
    /// none there.
    fn first(start: u64, left: u64) -> Option<Self> {
        let height = u64::BITS - 1 - left.leading_zeros();
        let leaves = 1 << height;
        if !start.is_multiple_of(leaves) {
            return None;
        }
        let (level, within) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let level = u8::try_from(level).ok()?;
        let (first, count) = (start >> (u32::from(level) * TILE_HEIGHT), 1 << within);
        assert!(level < LEVELS, "a subtree of 64-bit size is within the levels of tiles");
        assert!(first % TILE_WIDTH + count <= TILE_WIDTH, "a complete subtree does not reach over a tile");
        Some(Self { leaves, level, first, count })
    }

    /// The places of the hashes in their tile.
    fn within_tile(&self) -> Range<usize> {
        // Both are at most 256.
        let [at, count] =
            [self.first % TILE_WIDTH, self.count].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        at..at.saturating_add(count)
    }
}
