//! One change to a log that a host wrote: the auditor must find it, and at no later entry.

use icn_core::block::{Entry, Payload};
use icn_core::encode::{Block, Domain, Envelope};
use icn_core::name::BlockId;

use super::audit::audit;
use super::lie::lie;
use crate::generate::{ByteSource, engine, key, raw_id};

/// Changes one entry, or the order, so that the log is not one that a host writes.
pub(super) fn spoil(source: &mut ByteSource<'_>, log: &[(u64, Entry)]) {
    let at = source.below(log.len());
    let (position, entry) = &log[at];
    let mut changed = entry.clone();
    let what = match source.below(12) {
        0 => {
            // Every block of an entry is needed, but for an engine that was described before.
            let out = source.below(changed.blocks.len());
            if changed.blocks[out] == Block::encode(&engine()) && at > 2 {
                return;
            }
            // A block may be in an entry twice: its node and another run's are one.
            let out = changed.blocks[out].id();
            changed.blocks.retain(|block| block.id() != out);
            "a missing block"
        }
        1 => {
            let out = source.below(changed.blocks.len());
            let block = &changed.blocks[out];
            if *block == Block::encode(&engine()) && at > 2 {
                return;
            }
            let mut bytes = block.bytes().to_vec();
            let bit = source.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            changed.blocks[out] = Block::new(block.id().codec(), bytes);
            "a flipped bit"
        }
        2 => {
            match source.below(3) {
                0 => changed.leaves.clear(),
                1 => changed.leaves.push(changed.leaves[0]),
                _ => changed.leaves.insert(0, raw_id(source.byte())),
            }
            "other leaves"
        }
        3 => {
            // Repeated, or left out before another: in both the entry after it is not the next.
            let order: Vec<usize> = match source.flag() {
                true => (0..=at).chain(at..log.len()).collect(),
                false if at + 1 < log.len() => (0..at).chain(at + 1..log.len()).collect(),
                false => return,
            };
            let mut size = 0;
            let entries: Vec<(u64, &Entry)> = order
                .into_iter()
                .map(|n| {
                    let position = size;
                    size += log[n].1.leaves.len() as u64;
                    (position, &log[n].1)
                })
                .collect();
            let verdict = audit(entries);
            assert!(verdict.is_err(), "entry {at} repeated or left out");
            return;
        }
        4 => {
            let entries = log[..=at].iter().map(|(position, entry)| (*position, entry));
            let shifted =
                entries.map(|(position, entry)| (position + u64::from(position == log[at].0), entry));
            assert!(audit(shifted).is_err(), "entry {at} read from another position");
            return;
        }
        5 => {
            forge(&mut changed, log[at].1.leaves[0]);
            "another's signature"
        }
        _ => {
            let Some(lie) = lie(source, &mut changed, &log[2..at.max(2)]) else { return };
            lie
        }
    };
    let before = log[..at].iter().map(|(position, entry)| (*position, entry));
    let verdict = audit(before.chain([(*position, &changed)]));
    let found = verdict.map(|_| ()).map_err(|divergence| divergence.position);
    assert_eq!(found, Err(*position), "entry {at} with {what} passed: {changed:?}");
}

/// The entry's first envelope, signed by somebody else.
fn forge(entry: &mut Entry, first: BlockId) {
    let envelope = entry.block(&first).and_then(|block| Envelope::from_bytes(block.bytes()).ok());
    let payload = envelope.and_then(|envelope| entry.block(&envelope.payload())).cloned();
    let Some(payload) = payload else { return };
    let domain = match Payload::kind(payload.bytes()) {
        Some("icn/host/v1") => Domain::Host,
        Some("icn/policy/v1") => Domain::Policy,
        _ => Domain::Receipt,
    };
    let forged = key(5).seal(domain, &payload).to_block();
    entry.leaves[0] = forged.id();
    entry.blocks.push(forged);
}
