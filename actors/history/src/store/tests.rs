//! The store against crashes and damage at every sector and bit: what was answered is never lost in silence.

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::name::Codec;

use super::format::SECTOR_BYTES;
use super::{LogStore as _, Reader, SegmentStore, Tail};
use crate::error::StoreError;

fn entry(n: u64, payload: Vec<u8>) -> Entry {
    let block = Block::new(Codec::Raw, [n.to_le_bytes().to_vec(), payload].concat());
    Entry { leaves: vec![block.id()], blocks: vec![block] }
}

/// Entries of all kinds of sizes; some are zeros, some look like the start of a group.
fn entries() -> Vec<Entry> {
    (0..9u64)
        .map(|n| match n % 4 {
            0 => entry(n, vec![]),
            1 => entry(n, vec![0; 2000]),
            2 => entry(n, b"GRP1".repeat(300)),
            _ => entry(n, vec![0x5a; 700]),
        })
        .collect()
}

type Read = Result<(Vec<Entry>, Tail), StoreError>;

fn read(dir: &std::path::Path, covered: u64) -> Read {
    let mut reader = Reader::new(dir);
    reader.must_reach(covered);
    let mut all = Vec::new();
    while let Some(group) = reader.next_group()? {
        all.extend(group.into_iter().map(|(_, entry)| entry));
    }
    Ok((all, reader.tail().cloned().unwrap_or(Tail::Clean)))
}

/// Appends the entries as groups of three; gives the file's bytes after each group.
fn write(dir: &std::path::Path, close: bool) -> Vec<Vec<u8>> {
    let mut reader = Reader::new(dir);
    assert!(reader.next_group().unwrap().is_none());
    let mut store = SegmentStore::open(dir, &reader).unwrap();
    let all = entries();
    let mut files = Vec::new();
    for (n, group) in all.chunks(3).enumerate() {
        store.append(3 * n as u64, &group.iter().collect::<Vec<_>>()).unwrap();
        files.push(std::fs::read(dir.join("00000000.seg")).unwrap());
    }
    if close {
        store.close().unwrap();
    }
    files
}

fn used(file: &[u8]) -> usize {
    file.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)
}

#[test]
fn what_was_appended_is_read_and_appending_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), true);
    assert_eq!(read(dir.path(), 9).unwrap(), (entries(), Tail::Clean));
    let mut reader = Reader::new(dir.path());
    while reader.next_group().unwrap().is_some() {}
    let mut store = SegmentStore::open(dir.path(), &reader).unwrap();
    let more = entry(9, vec![1; 10]);
    assert!(matches!(store.append(8, &[&more]), Err(StoreError::Position { expected: 8, found: 9 })));
    store.append(9, &[&more]).unwrap();
    assert_eq!(read(dir.path(), 10).unwrap().0.last(), Some(&more));
}

#[test]
fn a_crash_at_any_sector_leaves_what_was_answered() {
    let dir = tempfile::tempdir().unwrap();
    let files = write(dir.path(), false);
    let path = dir.path().join("00000000.seg");
    let (before, after) = (&files[1], &files[2]);
    let (from, to) =
        (used(before).next_multiple_of(SECTOR_BYTES), used(after).next_multiple_of(SECTOR_BYTES));
    let sectors: Vec<usize> = (from..to).step_by(SECTOR_BYTES).collect();
    assert!(sectors.len() > 4 && sectors.len() < 16);
    // Every set of sectors of the last group that a crash may leave unwritten.
    for unwritten in 1u32..1 << sectors.len() {
        let mut file = after.clone();
        for (at, sector) in sectors.iter().enumerate().filter(|(at, _)| unwritten & (1 << at) != 0) {
            let _ = at;
            file[*sector..*sector + SECTOR_BYTES].fill(0);
        }
        std::fs::write(&path, &file).unwrap();
        let (found, tail) = read(dir.path(), 6).unwrap_or_else(|e| panic!("{unwritten:b}: {e}"));
        assert_eq!(found, entries()[..6], "{unwritten:b}");
        let nothing = unwritten == (1 << sectors.len()) - 1;
        assert_eq!(matches!(tail, Tail::Clean), nothing, "{unwritten:b}: {tail:?}");
        // A checkpoint that covers the group says that it was answered: then it is damage.
        assert!(matches!(read(dir.path(), 9), Err(StoreError::Damaged { .. })), "{unwritten:b}");
    }
}

#[test]
fn a_torn_write_is_overwritten_and_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let files = write(dir.path(), false);
    let mut file = files[2].clone();
    let last = (used(&file) - 1) / SECTOR_BYTES * SECTOR_BYTES;
    file[last..last + SECTOR_BYTES].fill(0);
    std::fs::write(dir.path().join("00000000.seg"), &file).unwrap();
    let mut reader = Reader::new(dir.path());
    while reader.next_group().unwrap().is_some() {}
    assert!(matches!(reader.tail(), Some(Tail::Torn { .. })));
    let mut store = SegmentStore::open(dir.path(), &reader).unwrap();
    let again = entries();
    store.append(6, &again[6..].iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(read(dir.path(), 9).unwrap(), (again, Tail::Clean));
}

#[test]
fn a_changed_bit_anywhere_is_named_and_never_taken_for_a_torn_write() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), true);
    let path = dir.path().join("00000000.seg");
    let file = std::fs::read(&path).unwrap();
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(&path, &changed).unwrap();
        // Nothing is known of a checkpoint.
        match read(dir.path(), 0) {
            Err(StoreError::Damaged { offset, .. }) => assert!(offset <= at as u64, "byte {at}"),
            other => panic!("byte {at}: {other:?}"),
        }
    }
}

#[test]
fn a_file_that_ends_within_a_group_was_cut_whatever_else_is_amiss_in_it() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), true);
    let path = dir.path().join("00000000.seg");
    let mut file = std::fs::read(&path).unwrap();
    file.truncate(file.len() - SECTOR_BYTES);
    let end = file.len();
    file[end - SECTOR_BYTES..].fill(0);
    std::fs::write(&path, &file).unwrap();
    match read(dir.path(), 0) {
        Err(StoreError::Damaged { offset, .. }) => assert_eq!(offset, (end - SECTOR_BYTES) as u64),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_group_of_zeros_with_groups_behind_it_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let files = write(dir.path(), false);
    let path = dir.path().join("00000000.seg");
    let second = used(&files[0]).next_multiple_of(SECTOR_BYTES);
    let mut file = files[2].clone();
    file[second..second + SECTOR_BYTES].fill(0);
    std::fs::write(&path, &file).unwrap();
    assert!(matches!(read(dir.path(), 0), Err(StoreError::Damaged { position: 3, .. })));
}

#[test]
fn a_cut_a_missing_and_a_grown_file_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), true);
    let path = dir.path().join("00000000.seg");
    let file = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&file[..], b"x"].concat()).unwrap();
    assert!(matches!(read(dir.path(), 9), Err(StoreError::Damaged { .. })));
    std::fs::write(&path, &file[..file.len() - SECTOR_BYTES]).unwrap();
    assert!(matches!(read(dir.path(), 9), Err(StoreError::Damaged { .. })));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(read(dir.path(), 9), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_segment_is_begun_where_there_is_none_and_nothing_is_ever_truncated() {
    let path = |dir: &std::path::Path| dir.join("00000000.seg");
    let empty = || {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = Reader::new(dir.path());
        assert!(reader.next_group().unwrap().is_none());
        let store = SegmentStore::open(dir.path(), &reader).unwrap();
        (dir, store)
    };
    // Somebody puts a file there after the reader looked.
    let (dir, mut store) = empty();
    let theirs = [&[0; 600][..], b"history"].concat();
    std::fs::write(path(dir.path()), &theirs).unwrap();
    assert!(matches!(store.append(0, &[&entry(0, vec![])]), Err(StoreError::Damaged { .. })));
    assert_eq!(std::fs::read(path(dir.path())).unwrap(), theirs);
    // What a crash left before the header was durable is taken, whatever its length.
    for length in [0, 1, 511, 512, 513, 5000] {
        let (dir, mut store) = empty();
        std::fs::write(path(dir.path()), vec![0; length]).unwrap();
        store.append(0, &[&entry(0, vec![1])]).unwrap();
        store.close().unwrap();
        assert_eq!(read(dir.path(), 1).unwrap().0, [entry(0, vec![1])], "{length}");
    }
}

#[test]
fn entries_before_the_damage_are_given_and_the_damage_is_named_by_sector_and_block() {
    let dir = tempfile::tempdir().unwrap();
    let mut reader = Reader::new(dir.path());
    assert!(reader.next_group().unwrap().is_none());
    let mut store = SegmentStore::open(dir.path(), &reader).unwrap();
    let all = entries();
    store.append(0, &all.iter().collect::<Vec<_>>()).unwrap();
    store.close().unwrap();
    let path = dir.path().join("00000000.seg");
    let file = std::fs::read(&path).unwrap();
    // Header, then for each entry its counts, a leaf, and a block's name and length; then the blocks.
    let mut starts = vec![96 + all.len() * (4 + 36 + 36 + 4)];
    for entry in &all {
        starts.push(starts[starts.len() - 1] + entry.blocks[0].bytes().len());
    }
    let sector_of = |at: usize| (1 + at / (SECTOR_BYTES - 1)) * SECTOR_BYTES;
    let table = starts[0];
    // Steps that come by every place of a sector.
    for place in (SECTOR_BYTES..file.len()).step_by(5) {
        let mut changed = file.clone();
        changed[place] ^= 0x20;
        std::fs::write(&path, &changed).unwrap();
        let mut reader = Reader::new(dir.path());
        let mut held = Vec::new();
        let error = loop {
            match reader.next_group() {
                Ok(Some(group)) => held.extend(group),
                Ok(None) => panic!("byte {place} passes"),
                Err(error) => break error,
            }
        };
        assert_eq!(reader.next_group().unwrap_err().to_string(), error.to_string(), "it stays damaged");
        let StoreError::Damaged { offset, position, block, .. } = error else { panic!("{error}") };
        let sector = place / SECTOR_BYTES * SECTOR_BYTES;
        let at = (sector - SECTOR_BYTES) / SECTOR_BYTES * (SECTOR_BYTES - 1);
        let is_mark = place % SECTOR_BYTES == SECTOR_BYTES - 1;
        // The first byte of content that cannot be believed.
        let lost = if is_mark { at } else { at + place % SECTOR_BYTES };
        let nth = starts[1..].iter().filter(|end| **end <= lost).count();
        if lost < table {
            assert_eq!((held.len(), position, block), (0, 0, None), "byte {place}");
            assert_eq!(offset, (if is_mark { sector } else { SECTOR_BYTES }) as u64, "byte {place}");
            continue;
        }
        assert_eq!((held.len(), position), (nth, nth as u64), "byte {place}");
        assert_eq!(block, all.get(nth).map(|entry| entry.blocks[0].id()), "byte {place}");
        let begins = if is_mark || nth == all.len() { sector } else { sector_of(starts[nth]) };
        assert_eq!(offset, begins as u64, "byte {place}");
    }
}
