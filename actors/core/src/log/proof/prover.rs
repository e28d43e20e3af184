//! Making a proof.

use std::ops::Range;

use crate::log::tree::Frontier;
use crate::name::Hash;

/// Makes a proof while the leaves' hashes go by once, in their order: one frontier a subtree, whatever the log's length.
#[derive(Debug)]
pub struct Prover {
    position: u64,
    parts: Vec<(Range<u64>, Frontier)>,
    /// The subtrees by where they begin: at most one of them takes the next leaf.
    order: Vec<usize>,
    next: usize,
}

impl Prover {
    /// A prover of these subtrees, none of which overlap.
    #[must_use]
    pub fn new(ranges: Vec<Range<u64>>) -> Self {
        let parts: Vec<_> = ranges.into_iter().map(|range| (range, Frontier::default())).collect();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|at| parts[*at].0.start);
        Self { position: 0, parts, order, next: 0 }
    }

    /// The hash of the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        while let Some(at) = self.order.get(self.next) {
            let (range, frontier) = &mut self.parts[*at];
            if range.end <= self.position {
                self.next += 1;
                continue;
            }
            if range.contains(&self.position) {
                frontier.push(leaf);
            }
            break;
        }
        self.position += 1;
    }

    /// The proof, once the last leaf of the tree has gone by; before that, how many leaves are missing.
    pub fn finish(self) -> Result<Vec<Hash>, u64> {
        let missing: u64 = self.parts.iter().map(|(range, done)| range.end - range.start - done.size()).sum();
        if missing > 0 {
            return Err(missing);
        }
        Ok(self.parts.iter().map(|(_, frontier)| frontier.root()).collect())
    }
}
