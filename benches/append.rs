//! How many entries a second does a log take from somebody else's hands, in groups of 1 to 4096, beside the work that
//! nobody can leave out?
//!
//! Entries are receipts with their invocations, as a host wrote them: four blocks, two signatures, one leaf each.
//! *Ours*: blocks are named by their hashes, the entry is looked at (canonical encodings, strict verification of both
//! signatures: `Prepared::read`), it is folded as far as the log's structure goes (order, authors, Merkle tree), and the
//! store appends the group with one sync. *Floor*: both signatures verified strictly, every block hashed, the bytes
//! written with one sync for each group. Both on one thread. The store takes at most 1024 entries a group, so a group of
//! 4096 is four appends with a sync each; the floor syncs once.
//!
//! Run: `cargo bench --workspace --bench append`. It prints a line `RATIO …` for each size, medians of the rounds, which
//! take turns.

#![allow(clippy::expect_used, clippy::cast_precision_loss, reason = "a bench that cannot go on stops")]

mod common;
#[path = "common/signed.rs"]
mod signed;

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use common::{median, tell, tell_load, testing};
use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::fold::{Fold, Prepared, Trust};
use icn_core::name::{BlockId, Codec};
use icn_history::store::{LogStore as _, Reader, SegmentStore};
use icn_runtime::limits;
use sha2::{Digest as _, Sha256};
use signed::Check;

const SIZES: [usize; 7] = [1, 4, 16, 64, 256, 1024, 4096];
/// Entries of a round, and how many groups at most: each waits for the disk.
const ENTRIES: usize = 8_192;
const GROUPS: usize = 1_024;
const ROUNDS: usize = 5;
/// How far ahead the floor's file is written, so that a sync changes no metadata; as the store does.
const AHEAD_BYTES: usize = 48 * 1024 * 1024;

/// An entry as it comes: names of leaves, and blocks' bytes.
struct Raw {
    leaves: Vec<BlockId>,
    blocks: Vec<(Codec, Vec<u8>)>,
}

impl Raw {
    fn of(entry: &Entry) -> Self {
        let blocks = entry.blocks.iter().map(|block| (block.id().codec(), block.bytes().to_vec()));
        Self { leaves: entry.leaves.clone(), blocks: blocks.collect() }
    }

    fn entry(&self) -> Entry {
        let blocks = self.blocks.iter().map(|(codec, bytes)| Block::new(*codec, bytes.clone()));
        Entry { leaves: self.leaves.clone(), blocks: blocks.collect() }
    }
}

/// Entries a second. `before` are the entries that the log begins with.
fn ours(before: &[(u64, Entry)], raws: &[Raw], size: usize) -> f64 {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let mut store = SegmentStore::open(dir.path(), &ended(dir.path())).expect("a store");
    let mut fold = Fold::of_structure();
    for (position, entry) in before {
        let prepared = Prepared::read(*position, entry.clone(), Trust::Nobody).expect("it holds");
        let applied = fold.apply(prepared, None).expect("it comes next");
        store.append(*position, &[applied.entry()]).expect("appended");
    }
    let started = Instant::now();
    for group in raws.chunks(size) {
        let begin = fold.log().size();
        let applied: Vec<Prepared> = (begin..)
            .zip(group)
            .map(|(position, raw)| {
                let prepared = Prepared::read(position, raw.entry(), Trust::Nobody).expect("it holds");
                fold.apply(prepared, None).expect("it comes next")
            })
            .collect();
        let entries: Vec<&Entry> = applied.iter().map(Prepared::entry).collect();
        for (at, part) in entries.chunks(limits::GROUP_ENTRIES_MAX).enumerate() {
            store.append(begin + (at * limits::GROUP_ENTRIES_MAX) as u64, part).expect("appended");
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    store.close().expect("closed");
    let mut reader = Reader::new(dir.path());
    while reader.next_group().expect("readable").is_some() {}
    assert_eq!(reader.position(), fold.log().size(), "all that was appended is there");
    raws.len() as f64 / seconds
}

/// A reader that has read all of a directory.
fn ended(dir: &Path) -> Reader {
    let mut reader = Reader::new(dir);
    while reader.next_group().expect("readable").is_some() {}
    reader
}

fn floor(raws: &[Raw], checks: &[[Check; 2]], size: usize) -> f64 {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let file = File::create(dir.path().join("floor")).expect("a file");
    file.write_all_at(&vec![0; AHEAD_BYTES], 0).expect("zeros");
    file.sync_all().expect("synced");
    let (started, mut offset) = (Instant::now(), 0);
    for (group, checks) in raws.chunks(size).zip(checks.chunks(size)) {
        let mut bytes = Vec::new();
        for (raw, checks) in group.iter().zip(checks) {
            assert!(checks.iter().all(Check::holds));
            for (_, block) in &raw.blocks {
                bytes.extend_from_slice(&Sha256::digest(block));
                bytes.extend_from_slice(block);
            }
        }
        file.write_all_at(&bytes, offset).expect("written");
        file.sync_data().expect("synced");
        offset += bytes.len() as u64;
    }
    raws.len() as f64 / started.elapsed().as_secs_f64()
}

fn main() {
    let (entries, rounds) = if testing() { (24, 1) } else { (ENTRIES, ROUNDS) };
    let dir = tempfile::tempdir().expect("a scratch directory");
    signed::write_log(dir.path(), entries + 1, 100);
    // The host's block, the policy, and the first receipt, which brings the engine's description along.
    let mut before = signed::entries(dir.path());
    let behind = before.split_off(3);
    let raws: Vec<Raw> = behind.iter().map(|(_, entry)| Raw::of(entry)).collect();
    let checks: Vec<[Check; 2]> =
        behind.iter().map(|(at, entry)| signed::checks(*at, entry).expect("a receipt").0).collect();
    assert_eq!(raws.len(), entries);
    let bytes: usize = raws.iter().flat_map(|raw| &raw.blocks).map(|(_, block)| block.len()).sum();
    println!(
        "entries a second into a log, {} bytes each, by the size of groups; {rounds} rounds, medians",
        bytes / entries
    );
    tell_load();
    for size in SIZES {
        let some = raws.len().min(size * GROUPS);
        let (mut ours_found, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours_found.push(ours(&before, &raws[..some], size));
            floors.push(floor(&raws[..some], &checks[..some], size));
        }
        println!("append_{size}: ours {ours_found:.0?} floor {floors:.0?}");
        tell(&format!("append_{size}"), "entries_per_second", median(ours_found), median(floors));
    }
}
