//! Roots of subtrees from tiles.

use std::ops::Range;

use super::tile::{TILE_HEIGHT, TILE_WIDTH, Tile, TileKind};
use crate::log::tree::Frontier;
use crate::name::Hash;

/// The root of a subtree of a tree of this size, from its tiles: `fetch` gives a tile's hashes. The subtree is one that
/// the tree has, as `proof` gives them; `fetch` is asked for less than two tiles a level.
pub fn subtree_root<E>(
    range: &Range<u64>,
    size: u64,
    mut fetch: impl FnMut(&Tile) -> Result<Vec<Hash>, E>,
) -> Result<Option<Hash>, E> {
    let mut parts: Vec<Hash> = Vec::new();
    let (mut start, mut left) = (range.start, range.end.saturating_sub(range.start));
    while left > 0 {
        // The largest complete subtree that comes next.
        let height = u64::BITS - 1 - left.leading_zeros();
        if !start.is_multiple_of(1 << height) {
            return Ok(None);
        }
        let (level, within) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let first = start >> (level * TILE_HEIGHT);
        let Ok(level) = u8::try_from(level) else { return Ok(None) };
        let Some(tile) = Tile::at(TileKind::Tree(level), first / TILE_WIDTH, size) else { return Ok(None) };
        let hashes = fetch(&tile)?;
        let Ok(at) = usize::try_from(first % TILE_WIDTH) else { return Ok(None) };
        let Some(hashes) = hashes.get(at..at + (1 << within)) else { return Ok(None) };
        let mut tree = Frontier::default();
        hashes.iter().for_each(|hash| tree.push(*hash));
        parts.push(tree.root());
        start += 1 << height;
        left -= 1 << height;
    }
    let mut from_right = parts.into_iter().rev();
    let Some(last) = from_right.next() else { return Ok(None) };
    Ok(Some(from_right.fold(last, |right, left| crate::log::tree::node_hash(&left, &right))))
}
