//! How long do proofs take to make and to verify in logs of a thousand to ten million leaves? They should grow with the
//! logarithm of the size, and no faster.
//!
//! The tree stands in tiles, as an export has them, in memory. *inclusion*: a leaf at random, proved from the tiles
//! (`inclusion_ranges`, `subtree_root`) and verified against the root; *consistency*: the same with an older size at
//! random. For each size: the hashes of a proof, microseconds to make and to verify one, and the same divided by the
//! logarithm of the size to base 2: that column says whether they grow with it. A tile that is read whole has up to 256
//! hashes, so making a proof costs by the level of tiles, of which there is one for each 8 levels of the tree.
//!
//! Run: `cargo bench --workspace --bench proofs`. The `RATIO` lines compare the largest log with the smallest: *floor* is
//! what the smallest takes, times the quotient of the logarithms; *ours* what the largest takes.

#![allow(clippy::expect_used, clippy::cast_precision_loss, reason = "a bench that cannot go on stops")]

mod common;

use std::collections::HashMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::ops::Range;
use std::time::Instant;

use common::{Numbers, median, tell_load, testing};
use icn_core::log::{
    Frontier, Tile, TileKind, Tiler, consistency_ranges, inclusion_ranges, leaf_hash, parse_hashes,
    subtree_root, verify_consistency, verify_inclusion,
};
use icn_core::name::{BlockId, Codec, Hash};

const PROOFS: usize = 2_000;
const ROUNDS: usize = 5;

/// A log's tree, and its roots at some older sizes.
struct Tree {
    size: u64,
    tiles: HashMap<(u8, u64), Vec<u8>>,
    root: Hash,
    older: Vec<(u64, Hash)>,
}

fn leaf(n: u64) -> BlockId {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&n.to_le_bytes());
    BlockId::from_digest(Codec::DagCbor, &digest)
}

impl Tree {
    /// Of so many leaves; `older` are sizes in ascending order, whose roots are kept.
    fn grow(size: u64, older: &[u64]) -> Self {
        let (mut tiler, mut frontier) = (Tiler::default(), Frontier::default());
        let (mut tiles, mut roots, mut older) = (HashMap::new(), Vec::new(), older.iter().peekable());
        let mut keep = |(tile, bytes): (Tile, Vec<u8>)| {
            if let TileKind::Tree(level) = tile.kind {
                tiles.insert((level, tile.index), bytes);
            }
        };
        for n in 0..size {
            let leaf = leaf(n);
            tiler.push(&leaf).into_iter().for_each(&mut keep);
            frontier.append(&leaf);
            while older.next_if_eq(&&(n + 1)).is_some() {
                roots.push((n + 1, frontier.root()));
            }
        }
        tiler.finish().into_iter().for_each(&mut keep);
        Self { size, tiles, root: frontier.root(), older: roots }
    }

    fn prove(&self, ranges: Vec<Range<u64>>) -> Vec<Hash> {
        let fetch = |tile: &Tile| -> Result<Vec<Hash>, Infallible> {
            let TileKind::Tree(level) = tile.kind else { unreachable!("a tile of hashes") };
            Ok(parse_hashes(tile, &self.tiles[&(level, tile.index)]).expect("a tile"))
        };
        let root =
            |range: &Range<u64>| subtree_root(range, self.size, fetch).expect("in memory").expect("there");
        ranges.iter().map(root).collect()
    }
}

/// Microseconds of one, of so many.
fn micros<T>(many: &[T], mut each: impl FnMut(&T)) -> f64 {
    let started = Instant::now();
    many.iter().for_each(&mut each);
    started.elapsed().as_secs_f64() * 1e6 / many.len() as f64
}

/// Hashes of a proof on average, and microseconds to make and to verify one.
#[derive(Debug, Clone, Copy)]
struct Figure {
    hashes: f64,
    make: f64,
    verify: f64,
}

fn measure<T>(
    rounds: usize,
    asked: &[T],
    make: impl Fn(&T) -> Vec<Hash>,
    verify: impl Fn(&T, &[Hash]) -> bool,
) -> Figure {
    let proofs: Vec<Vec<Hash>> = asked.iter().map(&make).collect();
    let pairs: Vec<(&T, &Vec<Hash>)> = asked.iter().zip(&proofs).collect();
    let made = (0..rounds).map(|_| micros(asked, |asked| drop(black_box(make(asked))))).collect();
    let verified =
        (0..rounds).map(|_| micros(&pairs, |(asked, proof)| assert!(verify(asked, proof)))).collect();
    let hashes = proofs.iter().map(Vec::len).sum::<usize>() as f64 / proofs.len() as f64;
    Figure { hashes, make: median(made), verify: median(verified) }
}

fn main() {
    let (sizes, proofs, rounds) = if testing() {
        (&[1_000u64, 10_000][..], 20, 1)
    } else {
        (&[1_000, 10_000, 100_000, 1_000_000, 10_000_000][..], PROOFS, ROUNDS)
    };
    println!("proofs from tiles in memory, {proofs} at random, {rounds} rounds, medians; microseconds");
    tell_load();
    println!("| leaves | proof | hashes | make | make / log2 | verify | verify / log2 |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let mut found: Vec<(f64, [Figure; 2])> = Vec::new();
    for size in sizes {
        let mut numbers = Numbers::new();
        let below = u32::try_from(*size).expect("some millions");
        let places: Vec<u64> = (0..proofs).map(|_| u64::from(numbers.below(below))).collect();
        let mut older: Vec<u64> = (0..proofs).map(|_| u64::from(numbers.below(below - 1)) + 1).collect();
        older.sort_unstable();
        let tree = Tree::grow(*size, &older);
        let inclusion = measure(
            rounds,
            &places,
            |index| tree.prove(inclusion_ranges(*index, tree.size).expect("in the tree")),
            |index, proof| {
                verify_inclusion(&leaf_hash(leaf(*index).as_bytes()), *index, tree.size, proof, &tree.root)
                    .is_ok()
            },
        );
        let consistency = measure(
            rounds,
            &tree.older,
            |(old, _)| tree.prove(consistency_ranges(*old, tree.size).expect("older")),
            |(old, root), proof| verify_consistency((*old, root), (tree.size, &tree.root), proof).is_ok(),
        );
        let log = (*size as f64).log2();
        for (name, Figure { hashes, make, verify }) in
            [("inclusion", inclusion), ("consistency", consistency)]
        {
            println!(
                "| {size} | {name} | {hashes:.1} | {make:.2} | {:.3} | {verify:.2} | {:.3} |",
                make / log,
                verify / log
            );
        }
        found.push((log, [inclusion, consistency]));
    }
    let (Some((small, least)), Some((large, most))) = (found.first(), found.last()) else { return };
    for (at, name) in ["inclusion", "consistency"].into_iter().enumerate() {
        for (what, ours, one) in
            [("make", most[at].make, least[at].make), ("verify", most[at].verify, least[at].verify)]
        {
            let floor = one * large / small;
            println!(
                "RATIO name=proof_{name}_{what} ours={ours:.2} floor={floor:.2} unit=microseconds_inverted ratio={:.3}",
                floor / ours
            );
        }
    }
}
