//! Which subtrees a proof has.

use std::ops::Range;

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
pub(super) struct Step {
    pub(super) range: Range<u64>,
    /// Whether it stands left of the way.
    pub(super) is_left: bool,
}

/// Where a tree of this many leaves, more than one, is divided: at the largest power of two below.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// Goes down a tree of this many leaves until it is `done`, to the left of a division where `goes_left` of it: the
/// range of leaves where it ends, and the subtrees beside the way, from below.
fn descend(
    size: u64,
    done: impl Fn(&Range<u64>) -> bool,
    goes_left: impl Fn(u64) -> bool,
) -> (Range<u64>, Vec<Step>) {
    let (mut steps, mut range) = (Vec::new(), 0..size);
    while !done(&range) {
        let middle = range.start + split(range.end - range.start);
        let (left, right) = (range.start..middle, middle..range.end);
        let (way, beside, is_left) =
            if goes_left(middle) { (left, right, false) } else { (right, left, true) };
        steps.push(Step { range: beside, is_left });
        range = way;
    }
    steps.reverse();
    (range, steps)
}

/// The subtrees beside the way from the leaf to the root, from below.
pub(super) fn inclusion_steps(index: u64, size: u64) -> Vec<Step> {
    descend(size, |range| range.end - range.start <= 1, |middle| index < middle).1
}

/// The way from the root down to where the older tree ends: the last subtree that both trees have whole, which may be
/// the older tree itself, and the steps from there.
pub(super) fn consistency_steps(old: u64, new: u64) -> (Range<u64>, Vec<Step>) {
    descend(new, |range| range.end == old, |middle| old <= middle)
}

/// The subtrees whose roots prove that the leaf is in the tree, from the leaf's side.
pub fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if index >= size {
        return Err(ProofError::Range(index, size));
    }
    Ok(inclusion_steps(index, size).into_iter().map(|step| step.range).collect())
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
