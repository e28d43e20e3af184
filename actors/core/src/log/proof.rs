//! Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2; RFC 9162, sections 2.1.3 and 2.1.4).
//!
//! A proof is a list of subtrees' roots. Which subtrees is a function of two numbers, and is given as ranges of
//! leaves: whoever has the leaves, a frontier or the tiles makes the roots from what they have.

use std::ops::Range;

use crate::log::tree::{Frontier, node_hash};
use crate::name::Hash;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf, or the older tree is empty or the larger one.
    #[error("there is no leaf or tree {0} in a tree of {1}")]
    Range(u64, u64),
    /// A proof for another size or place: it has another number of hashes.
    #[error("a proof for this place and size has {expected} hashes, this one has {found}")]
    Length {
        /// How many it must have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// The hashes do not lead to the root.
    #[error("the proof leads to the root {found}, expected {expected}")]
    Root {
        /// Where it must lead.
        expected: Hash,
        /// Where it leads.
        found: Hash,
    },
}

/// A subtree on the way from a leaf to the root.
struct Step {
    range: Range<u64>,
    /// Whether it stands left of the way.
    is_left: bool,
}

/// Where a tree of this many leaves, more than one, is divided: at the largest power of two below.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The subtrees beside the way from the leaf to the root, from below.
fn inclusion_steps(index: u64, size: u64) -> Vec<Step> {
    let (mut steps, mut start, mut end) = (Vec::new(), 0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            steps.push(Step { range: middle..end, is_left: false });
            end = middle;
        } else {
            steps.push(Step { range: start..middle, is_left: true });
            start = middle;
        }
    }
    steps.reverse();
    steps
}

/// The subtrees whose roots prove that the leaf is in the tree, from the leaf's side.
pub fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if index >= size {
        return Err(ProofError::Range(index, size));
    }
    Ok(inclusion_steps(index, size).into_iter().map(|step| step.range).collect())
}

/// The way from the root down to where the older tree ends: the last subtree that both trees have whole, the steps
/// from there, and whether it is the older tree itself.
fn consistency_steps(old: u64, new: u64) -> (Range<u64>, Vec<Step>) {
    let (mut steps, mut start, mut end) = (Vec::new(), 0, new);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            steps.push(Step { range: middle..end, is_left: false });
            end = middle;
        } else {
            steps.push(Step { range: start..middle, is_left: true });
            start = middle;
        }
    }
    steps.reverse();
    (start..end, steps)
}

/// The subtrees whose roots prove that the tree of `new` leaves begins with the tree of `old`.
pub fn consistency_ranges(old: u64, new: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if old > new {
        return Err(ProofError::Range(old, new));
    }
    // Every tree begins with nothing, and with itself: there is nothing to say.
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (shared, steps) = consistency_steps(old, new);
    let first = (shared.start != 0).then_some(shared);
    Ok(first.into_iter().chain(steps.into_iter().map(|step| step.range)).collect())
}

fn length(expected: usize, proof: &[Hash]) -> Result<(), ProofError> {
    let found = proof.len();
    if found == expected { Ok(()) } else { Err(ProofError::Length { expected, found }) }
}

fn leads_to(expected: &Hash, found: Hash) -> Result<(), ProofError> {
    if found == *expected { Ok(()) } else { Err(ProofError::Root { expected: *expected, found }) }
}

/// Whether the leaf with this hash stands at `index` of the tree of this size and root.
///
/// Format: docs/formats.md, "Proofs, tiles, cosignatures, CAR".
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range(index, size));
    }
    let steps = inclusion_steps(index, size);
    length(steps.len(), proof)?;
    let found = steps.iter().zip(proof).fold(*leaf, |hash, (step, other)| {
        if step.is_left { node_hash(other, &hash) } else { node_hash(&hash, other) }
    });
    leads_to(root, found)
}

/// Whether the tree of `new` leaves begins with the tree of `old`, which has one leaf at least: every tree begins with
/// nothing, so there a proof would say nothing of the new root, and is refused.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    // RFC 6962, section 2.1.2, has proofs for 0 < old < new. From nothing, any root would follow.
    if old > new || old == 0 {
        return Err(ProofError::Range(old, new));
    }
    if old == new {
        length(0, proof)?;
        return leads_to(new_root, *old_root);
    }
    let (shared, steps) = consistency_steps(old, new);
    let is_whole = shared.start == 0;
    length(steps.len() + usize::from(!is_whole), proof)?;
    let (first, rest) = match proof.split_first() {
        Some((first, rest)) if !is_whole => (*first, rest),
        _ => (*old_root, proof),
    };
    let (mut older, mut newer) = (first, first);
    for (step, other) in steps.iter().zip(rest) {
        newer = if step.is_left { node_hash(other, &newer) } else { node_hash(&newer, other) };
        if step.is_left {
            older = node_hash(other, &older);
        }
    }
    leads_to(old_root, older)?;
    leads_to(new_root, newer)
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tree::leaf_hash;
    use crate::name::{BlockId, Codec};
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use sha2::Sha256;

    const SIZE_MAX: u64 = 40;

    fn leaf(n: u64) -> Hash {
        leaf_hash(BlockId::of(Codec::Raw, &n.to_le_bytes()).as_bytes())
    }
    fn root(size: u64) -> Hash {
        let mut frontier = Frontier::default();
        (0..size).for_each(|n| frontier.push(leaf(n)));
        frontier.root()
    }
    fn prove(ranges: Vec<Range<u64>>, size: u64) -> Vec<Hash> {
        let mut prover = Prover::new(ranges);
        (0..size).for_each(|n| prover.push(leaf(n)));
        prover.finish().unwrap()
    }
    fn theirs(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
        let mut tree = MemoryBackedTree::new();
        (0..size).for_each(|n: u64| tree.push(BlockId::of(Codec::Raw, &n.to_le_bytes()).as_bytes().to_vec()));
        tree
    }

    #[test]
    fn every_proof_is_that_of_an_independent_implementation_and_holds() {
        for size in 1..=SIZE_MAX {
            let (theirs, root_here) = (theirs(size), root(size));
            for index in 0..size {
                let proof = prove(inclusion_ranges(index, size).unwrap(), size);
                let bytes: Vec<u8> = proof.iter().flat_map(|hash| hash.0).collect();
                let other = theirs.prove_inclusion(usize::try_from(index).unwrap());
                assert_eq!(bytes, other.as_bytes(), "leaf {index} of {size}");
                assert_eq!(verify_inclusion(&leaf(index), index, size, &proof, &root_here), Ok(()));
            }
            for old in 1..=size {
                let proof = prove(consistency_ranges(old, size).unwrap(), size);
                let bytes: Vec<u8> = proof.iter().flat_map(|hash| hash.0).collect();
                let other = theirs.prove_consistency(usize::try_from(size - old).unwrap());
                assert_eq!(bytes, other.as_bytes(), "{old} and {size}");
                assert_eq!(verify_consistency((old, &root(old)), (size, &root_here), &proof), Ok(()));
            }
        }
    }

    #[test]
    fn a_proof_holds_for_its_leaf_its_place_its_size_and_its_root_alone() {
        for size in 1..=20 {
            for index in 0..size {
                let proof = prove(inclusion_ranges(index, size).unwrap(), size);
                let holds = |leaf_at: u64, index: u64, size: u64, root_of: u64, proof: &[Hash]| {
                    verify_inclusion(&leaf(leaf_at), index, size, proof, &root(root_of)).is_ok()
                };
                for other in (0..22).filter(|other| *other != index) {
                    assert!(!holds(other, index, size, size, &proof), "another leaf");
                    assert!(!holds(index, other, size, size, &proof), "another place");
                }
                for other in (0..22).filter(|other| *other != size) {
                    assert!(!holds(index, index, other, other, &proof), "{other}: for another size");
                    assert!(!holds(index, index, size, other, &proof), "another root");
                }
                for at in 0..proof.len() {
                    let mut changed = proof.clone();
                    changed[at].0[at % 32] ^= 1;
                    assert!(!holds(index, index, size, size, &changed));
                    changed.remove(at);
                    assert!(!holds(index, index, size, size, &changed));
                }
            }
        }
    }

    #[test]
    fn a_consistency_proof_holds_for_its_two_trees_alone() {
        for new in 1..=20 {
            for old in 1..=new {
                let proof = prove(consistency_ranges(old, new).unwrap(), new);
                for (a, b) in (0..=21).flat_map(|a| (0..=21).map(move |b| (a, b))) {
                    let verdict = verify_consistency((a, &root(a)), (b, &root(b)), &proof);
                    let empty = proof.is_empty() && a == b && a > 0;
                    assert_eq!(verdict.is_ok(), (a, b) == (old, new) || empty, "{old} {new} as {a} {b}");
                }
                for at in 0..proof.len() {
                    let mut changed = proof.clone();
                    changed[at].0[0] ^= 1;
                    assert!(verify_consistency((old, &root(old)), (new, &root(new)), &changed).is_err());
                }
                let forked = Hash::digest(b"another history");
                assert!(verify_consistency((old, &forked), (new, &root(new)), &proof).is_err());
                assert!(verify_consistency((old, &root(old)), (new, &forked), &proof).is_err());
            }
        }
    }

    #[test]
    fn from_nothing_nothing_follows() {
        for (old, new) in [(0, 0), (0, 1), (1, 0), (0, 5)] {
            let verdict = verify_consistency((old, &root(old)), (new, &root(new)), &[]);
            assert_eq!(verdict, Err(ProofError::Range(old, new)));
        }
    }

    #[test]
    fn the_largest_numbers_are_no_trouble() {
        let all = u64::MAX;
        assert_eq!(inclusion_ranges(all - 1, all).unwrap().len(), 63);
        assert_eq!(inclusion_ranges(all, all), Err(ProofError::Range(all, all)));
        assert!(consistency_ranges(all - 1, all).unwrap().len() <= 64);
        assert!(verify_inclusion(&leaf(0), 1 << 63, all, &[], &root(1)).is_err());
    }

    #[test]
    fn a_prover_that_saw_too_few_leaves_says_so() {
        let mut prover = Prover::new(inclusion_ranges(0, 4).unwrap());
        (0..3).for_each(|n| prover.push(leaf(n)));
        assert_eq!(prover.finish(), Err(1));
    }
}
