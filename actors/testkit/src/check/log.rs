//! The order of a log beside a naive log.

use std::collections::BTreeMap;

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::log::{Checkpoint, Frontier, Link, Log};
use icn_core::name::Did;

use crate::generate::{ByteSource, did, key, origin};
use crate::oracle::NaiveLog;

/// How many operations one input makes, at most: the oracles are slow.
const OPS_MAX: usize = 256;

/// Entries in order and out of it: the log takes exactly those that the naive log takes, and has its root.
pub fn check_log(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let (mut log, mut naive) = (Log::default(), NaiveLog::default());
    let mut past: Vec<(Entry, Link)> = Vec::new();
    for _ in 0..OPS_MAX {
        if source.is_empty() {
            break;
        }
        let (entry, link) = next_entry(&mut source, &log, &past);
        let before = (log.frontier().clone(), log.heads().clone());
        let verdict = log.check(&entry, &[link]);
        let position = log.append(&entry, &[link]);
        assert_eq!(verdict.err(), position.clone().err());
        assert_eq!(position.is_ok(), naive.append(&entry, &link), "{link:?}: {position:?}");
        match position {
            Ok(position) => {
                assert_eq!(position, before.0.size());
                past.push((entry, link));
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(
                    (log.frontier(), log.heads()),
                    (&before.0, &before.1),
                    "a refusal changes nothing"
                );
            }
        }
        assert_eq!(log.size(), naive.leaves.len() as u64);
        assert_eq!(log.frontier().root(), naive.root(naive.leaves.len()));
    }
    let (size, complete) = log.frontier().parts();
    let frontier = Frontier::from_parts(size, complete.to_vec());
    assert_eq!(frontier.as_ref(), Some(log.frontier()), "a snapshot is read as it was written");
    let heads: BTreeMap<Did, u64> = log.heads().iter().map(|(author, head)| (*author, head.seq)).collect();
    for (author, seq) in heads {
        let written = naive.entries.iter().filter(|(a, ..)| *a == author).count() as u64;
        assert_eq!(seq + 1, written, "a sequence has no gap");
    }
    let checkpoint = log.checkpoint(&origin());
    let opened = Checkpoint::open(&checkpoint.sign(key(0)), &origin(), &did(0));
    assert_eq!(opened, Ok(checkpoint));
}

/// What comes next, or something else.
fn next_entry(source: &mut ByteSource<'_>, log: &Log, past: &[(Entry, Link)]) -> (Entry, Link) {
    if !past.is_empty() && source.once_in(6) {
        // One that was there before, or that one's entry under another link.
        let (entry, mut link) = source.pick(past);
        if source.flag() {
            link = source.pick(past).1;
        }
        return (entry, link);
    }
    let author = did(source.below(3));
    let head = log.heads().get(&author);
    let (mut seq, mut prev) = head.map_or((0, None), |head| (head.seq + 1, Some(head.block)));
    if source.once_in(8) {
        seq = source.pick(&[0, seq.wrapping_add(1), seq.wrapping_sub(1), source.clone().number()]);
    }
    if source.once_in(8) {
        prev = source.flag().then(|| source.id());
    }
    let envelope = Block::encode(&(author, seq, source.byte()));
    let mut blocks = vec![envelope.clone()];
    let mut leaves = vec![envelope.id()];
    for _ in 0..source.below(3) {
        let extra = source.block();
        leaves.push(extra.id());
        blocks.push(extra);
    }
    match source.below(12) {
        0 => leaves.clear(),
        1 => drop(blocks.remove(0)),
        2 => leaves.reverse(),
        3 => blocks.reverse(),
        4 => leaves.push(leaves[0]),
        _ => {}
    }
    (Entry { leaves, blocks }, Link { author, seq, prev })
}
