//! A log as a list of leaves: its root by RFC 6962 as the text has it, sequences by search.

use icn_core::block::Entry;
use icn_core::log::Link;
use icn_core::name::{BlockId, Did, Hash};

/// A log: its leaves, and who wrote what.
#[derive(Debug, Clone, Default)]
pub struct NaiveLog {
    /// Leaves in order.
    pub leaves: Vec<BlockId>,
    /// Author, sequence and block of each entry.
    pub entries: Vec<(Did, u64, BlockId)>,
}

impl NaiveLog {
    /// Whether the entry comes next; if so, it does.
    pub fn append(&mut self, entry: &Entry, link: &Link) -> bool {
        let before = self.entries.iter().rev().find(|(author, ..)| *author == link.author);
        let next = before.map_or((0, None), |(_, seq, block)| (seq + 1, Some(*block)));
        let Some(first) = entry.leaves.first() else { return false };
        let here = entry.blocks.iter().any(|block| block.id() == *first);
        if !here || (link.seq, link.prev) != next {
            return false;
        }
        self.entries.push((link.author, link.seq, *first));
        self.leaves.extend(&entry.leaves);
        true
    }

    /// The root of the first `size` leaves.
    #[must_use]
    pub fn root(&self, size: usize) -> Hash {
        let leaves: Vec<&[u8]> = self.leaves[..size].iter().map(|id| &id.as_bytes()[..]).collect();
        merkle_root(&leaves)
    }
}

/// RFC 6962, section 2.1: MTH.
#[must_use]
pub fn merkle_root(leaves: &[&[u8]]) -> Hash {
    match leaves {
        [] => Hash::digest(b""),
        [one] => Hash::digest(&[&[0], *one].concat()),
        _ => {
            // The largest power of two smaller than n.
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = leaves.split_at(k);
            Hash::digest(&[&[1], &merkle_root(left).0[..], &merkle_root(right).0[..]].concat())
        }
    }
}
