//! Compares the tiles of an export with those that the audited log gives, and names the first leaf or hash that
//! differs.

use std::io::ErrorKind;

use icn_core::log::{TILE_WIDTH, Tile, TileKind, WrittenTile, parse_entries, parse_hashes};
use icn_core::name::Hash;

use crate::export::ExportLayout;
use crate::finding::Finding;

/// Compares one tile with what the log gives.
pub(super) fn compare(layout: &ExportLayout, (tile, expected): &WrittenTile) -> Result<(), Finding> {
    let path = layout.tile(tile);
    let (what, length) = match tile.kind {
        TileKind::Entries => ("entry bundle", "entry bundle's length"),
        TileKind::Tree(_) => ("tile", "tile's length"),
    };
    // `at` counts the tile's leaves or hashes.
    let finding = |what: &str, at: usize, expected: &str, found: &dyn std::fmt::Display| {
        let is_of_leaves = matches!(tile.kind, TileKind::Entries | TileKind::Tree(0));
        let position = is_of_leaves.then_some(tile.index * TILE_WIDTH + at as u64);
        Finding { position, ..Finding::of(what, expected, found).at_place(path.display()) }
    };
    let found = match layout.read_tile(tile, expected.len() as u64) {
        Ok(found) if found == *expected => return Ok(()),
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(finding(what, 0, "a file", &"none"));
        }
        Err(error) => return Err(finding(what, 0, "a file that can be read", &error)),
    };
    if found.len() != expected.len() {
        let (expected, found) = (format!("{} bytes", expected.len()), &found.len());
        return Err(finding(length, 0, &expected, found));
    }
    let (Some(expected), Some(found)) = (texts(tile, expected), texts(tile, &found)) else {
        return Err(finding(what, 0, "names of blocks, each with its length", &"other bytes"));
    };
    let at = expected.iter().zip(&found).position(|(one, other)| one != other).unwrap_or(0);
    Err(finding(what, at, &expected[at], &found[at]))
}

/// The leaves or hashes of a tile, as texts.
fn texts(tile: &Tile, bytes: &[u8]) -> Option<Vec<String>> {
    Some(match tile.kind {
        TileKind::Entries => parse_entries(tile, bytes).ok()?.iter().map(ToString::to_string).collect(),
        TileKind::Tree(_) => parse_hashes(tile, bytes).ok()?.iter().map(Hash::to_hex).collect(),
    })
}
