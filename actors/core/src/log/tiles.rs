//! The tree and its entries as static files (C2SP tlog-tiles): 256 hashes wide, 8 levels of the tree high.

use std::fmt;
use std::ops::Range;

use crate::log::tree::{Frontier, leaf_hash};
use crate::name::{BlockId, Bytes, CID_BYTES, Hash};

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u64 = 256;
const TILE_HEIGHT: u32 = 8;
/// The length before an entry of a bundle: a block's name has 36 bytes.
const NAME_LENGTH: [u8; 2] = [0, 36];
const _: () = assert!(NAME_LENGTH[1] as usize == CID_BYTES, "an entry is a block's name");
/// Levels of tiles that any tree of 64-bit size has, at most.
const LEVELS: u8 = 8;

/// What a tile is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of the tree at this level of tiles: of leaves at 0, of full tiles of the level below above.
    Tree(u8),
    /// The entries themselves.
    Entries,
}

/// The name of a tile.
///
/// Format: docs/formats.md, "Proofs, tiles, cosignatures, CAR".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// What it is of.
    pub kind: TileKind,
    /// Its place in its level.
    pub index: u64,
    /// Hashes or entries in it, 1 to 256.
    pub width: u64,
}

/// The path of a tile, below the log's prefix: `tile/<L>/<N>[.p/<W>]`.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    /// The tile of this place in a tree of this size; nothing when it has none there.
    #[must_use]
    pub fn at(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let hashes = match kind {
            TileKind::Entries => size,
            TileKind::Tree(level) => size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0),
        };
        let width = hashes.checked_sub(index.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { kind, index, width })
    }

    /// Bytes that a tile of hashes has.
    #[must_use]
    pub const fn hash_bytes(&self) -> u64 {
        self.width * 32
    }
}

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

/// Writes tiles while the leaves go by: a tile is given when it is full, the others at the end. It holds one tile a
/// level, whatever the log's length.
#[derive(Debug, Default, Clone)]
pub struct Tiler {
    size: u64,
    bundle: Vec<u8>,
    levels: Vec<Vec<Hash>>,
}

/// A tile and its bytes.
pub type Written = (Tile, Vec<u8>);

impl Tiler {
    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next leaf; gives the tiles that it filled.
    pub fn push(&mut self, leaf: &BlockId) -> Vec<Written> {
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
    pub fn finish(self) -> Vec<Written> {
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

/// The root of a subtree of a tree of this size, from its tiles: `fetch` gives a tile's hashes. The subtree is one that
/// the tree has, as [`super::proof`] gives them; `fetch` is asked for less than two tiles a level.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::proof::{Prover, consistency_ranges, inclusion_ranges};
    use crate::name::Codec;
    use std::collections::BTreeMap;

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
        for (level, index, place) in
            [(0u8, 0, 0), (0, 272, 255), (1, 0, 0), (1, 0, 200), (1, 1, 16), (2, 0, 0)]
        {
            let tile = Tile::at(TileKind::Tree(level), index, 70_000).unwrap();
            let hashes = parse_hashes(&tile, &files[&tile.to_string()]).unwrap();
            let each = TILE_WIDTH.pow(u32::from(level));
            let start = (index * TILE_WIDTH + place) * each;
            let expected =
                if level == 0 { leaf_hash(leaf(start).as_bytes()) } else { mth(start..start + each) };
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
}
