//! Tiles against the example of the specification, and proofs from tiles against proofs from leaves.

use std::collections::BTreeMap;
use std::ops::Range;

use super::*;
use crate::log::proof::{Prover, consistency_ranges, inclusion_ranges};
use crate::log::tree::{Frontier, leaf_hash};
use crate::name::{BlockId, Codec, Hash};

fn leaf(n: u64) -> BlockId {
    BlockId::of(Codec::Raw, &n.to_le_bytes())
}
fn written(size: u64) -> BTreeMap<String, Vec<u8>> {
    let mut tiler = Tiler::default();
    let mut files = BTreeMap::new();
    for n in 0..size {
        files.extend(tiler.push(&leaf(n)).into_iter().map(|(tile, bytes)| (tile.to_string(), bytes)));
    }
    files.extend(tiler.finish().into_iter().map(|(tile, bytes)| (tile.to_string(), bytes)));
    files
}

#[test]
fn a_path_is_as_the_specification_spells_it() {
    let path = |kind, index, width| Tile { kind, index, width }.to_string();
    assert_eq!(path(TileKind::Tree(0), 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(path(TileKind::Entries, 0, 7), "tile/entries/000.p/7");
    assert_eq!(path(TileKind::Tree(5), 1000, 255), "tile/5/x001/000.p/255");
    assert_eq!(path(TileKind::Tree(0), 999, 256), "tile/0/999");
}

#[test]
fn the_specifications_tree_of_70000_has_the_tiles_that_it_says() {
    let files = written(70_000);
    let count = |prefix: &str, partial: bool| {
        files.keys().filter(|path| path.starts_with(prefix) && path.contains(".p/") == partial).count()
    };
    assert_eq!((count("tile/0/", false), count("tile/1/", false), count("tile/2/", false)), (273, 1, 0));
    for path in ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"] {
        assert!(files.contains_key(path), "{path}");
    }
    assert_eq!((count("tile/0/", true), count("tile/1/", true), count("tile/2/", true)), (1, 1, 1));
    assert_eq!(
        written(256).into_keys().collect::<Vec<_>>(),
        ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]
    );
    assert!(written(0).is_empty());
}

/// RFC 6962 as it is written, over the leaves of a range.
fn mth(range: Range<u64>) -> Hash {
    let mut frontier = Frontier::default();
    range.for_each(|n| frontier.append(&leaf(n)));
    frontier.root()
}

#[test]
fn every_hash_of_a_tile_is_the_tree_hash_that_the_specification_names() {
    let files = written(70_000);
    for (level, index, place) in [(0u8, 0, 0), (0, 272, 255), (1, 0, 0), (1, 0, 200), (1, 1, 16), (2, 0, 0)] {
        let tile = Tile::at(TileKind::Tree(level), index, 70_000).unwrap();
        let hashes = parse_hashes(&tile, &files[&tile.to_string()]).unwrap();
        let each = TILE_WIDTH.pow(u32::from(level));
        let start = (index * TILE_WIDTH + place) * each;
        let expected = if level == 0 { leaf_hash(leaf(start).as_bytes()) } else { mth(start..start + each) };
        assert_eq!(hashes[usize::try_from(place).unwrap()], expected, "{level} {index} {place}");
    }
}

#[test]
fn bundles_hold_the_entries_and_nothing_that_is_cut_or_changed_is_read() {
    let files = written(300);
    let tile = Tile::at(TileKind::Entries, 1, 300).unwrap();
    let bytes = &files[&tile.to_string()];
    assert_eq!(parse_entries(&tile, bytes).unwrap(), (256..300).map(leaf).collect::<Vec<_>>());
    for cut in 0..bytes.len() {
        assert!(parse_entries(&tile, &bytes[..cut]).is_err(), "{cut}");
    }
    let longer = [&bytes[..], &bytes[..38]].concat();
    assert!(matches!(parse_entries(&tile, &longer), Err(TileError::Length { .. })));
    let mut changed = bytes.clone();
    changed[2] = 0;
    assert!(matches!(parse_entries(&tile, &changed), Err(TileError::Entry { entry: 0, .. })));
    let hashes = Tile::at(TileKind::Tree(0), 1, 300).unwrap();
    assert!(parse_hashes(&hashes, &files[&hashes.to_string()][1..]).is_err());
}

#[test]
fn a_proof_from_tiles_is_the_one_from_the_leaves() {
    for size in [1, 2, 255, 256, 257, 511, 512, 700] {
        let files = written(size);
        let fetch = |tile: &Tile| parse_hashes(tile, &files[&tile.to_string()]);
        let from_tiles = |ranges: &[Range<u64>]| -> Vec<Hash> {
            ranges.iter().map(|range| subtree_root(range, size, fetch).unwrap().unwrap()).collect()
        };
        let from_leaves = |ranges: Vec<Range<u64>>| {
            let mut prover = Prover::new(ranges);
            (0..size).for_each(|n| prover.push(leaf_hash(leaf(n).as_bytes())));
            prover.finish().unwrap()
        };
        for at in (0..size).step_by(37) {
            let ranges = inclusion_ranges(at, size).unwrap();
            assert_eq!(from_tiles(&ranges), from_leaves(ranges), "leaf {at} of {size}");
            let ranges = consistency_ranges(at, size).unwrap();
            assert_eq!(from_tiles(&ranges), from_leaves(ranges), "{at} and {size}");
        }
    }
}

#[test]
fn a_size_at_the_end_of_counting_has_tiles_too() {
    assert_eq!(Tile::at(TileKind::Tree(7), 0, u64::MAX).unwrap().width, 255);
    assert_eq!(Tile::at(TileKind::Tree(8), 0, u64::MAX), None);
    assert_eq!(Tile::at(TileKind::Entries, u64::MAX, u64::MAX), None);
}
