//! Makes a proof while the leaves of a log go by once, in their order.
//!
//! It keeps one frontier for each subtree of the proof, so its memory does not grow with the log.

use std::ops::Range;

use crate::log::tree::Frontier;
use crate::name::Hash;

/// Makes a proof from the hashes of all leaves.
#[derive(Debug)]
pub struct Prover {
    /// The number of leaves that went by.
    position: u64,
    /// The subtrees in the proof's order, each with its leaves so far.
    parts: Vec<(Range<u64>, Frontier)>,
    /// The places of the subtrees in `parts`, by their first leaves. At most one subtree takes the next leaf.
    order: Vec<usize>,
    /// The place in `order` of the first subtree that is not complete.
    next: usize,
}

impl Prover {
    /// A prover of these subtrees, in the order of the proof. No two of them overlap.
    #[must_use]
    pub fn new(ranges: Vec<Range<u64>>) -> Self {
        let parts: Vec<_> = ranges.into_iter().map(|range| (range, Frontier::default())).collect();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|at| parts[*at].0.start);
        let range = |at: usize| &parts[order[at]].0;
        debug_assert!(
            (1..order.len()).all(|at| range(at - 1).end <= range(at).start),
            "the subtrees of a proof do not overlap"
        );
        Self { position: 0, parts, order, next: 0 }
    }

    /// Takes the hash of the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        while let Some(at) = self.order.get(self.next) {
            let (range, frontier) = &mut self.parts[*at];
            if range.end <= self.position {
                debug_assert_eq!(frontier.size(), range.end - range.start, "a subtree behind us is complete");
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

    /// The proof, once the last leaf of the tree went by.
    ///
    /// # Errors
    /// How many leaves are missing.
    pub fn finish(self) -> Result<Vec<Hash>, u64> {
        let missing: u64 = self.parts.iter().map(|(range, done)| range.end - range.start - done.size()).sum();
        if missing > 0 {
            return Err(missing);
        }
        debug_assert!(
            self.parts.iter().all(|(range, _)| range.end <= self.position),
            "a complete subtree took each of its leaves"
        );
        Ok(self.parts.iter().map(|(_, frontier)| frontier.root()).collect())
    }
}
