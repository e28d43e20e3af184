//! Which subtrees a proof has.
//!
//! Both kinds of proof go down from the root towards one leaf, and note the subtree that is left behind at
//! each division ([`descend`]). An inclusion proof stops at the leaf. A consistency proof goes towards the
//! older tree's last leaf, and stops at the first subtree that ends where the older tree ends.

use std::ops::Range;

use super::error::ProofError;
use crate::limits;

/// A subtree that the descent left behind.
pub(super) struct Step {
    pub(super) range: Range<u64>,
    /// Whether it is to the left of the descent.
    pub(super) is_left: bool,
}

const _: () = {
    assert!(limits::PROOF_HASHES_MAX == u64::BITS as usize, "a tree of 64-bit size has at most 64 levels");
    assert!(
        limits::WITNESS_PROOF_HASHES_MAX <= limits::PROOF_HASHES_MAX,
        "a witness accepts no longer proof"
    );
};

/// Where a tree of this many leaves, more than one, is divided: at the largest power of two below the number.
fn split(size: u64) -> u64 {
    debug_assert!(size > 1, "one leaf is not divided");
    let left = 1 << (u64::BITS - 1 - (size - 1).leading_zeros());
    debug_assert!(left < size && left >= size - left, "the left part is not empty, and not the smaller one");
    left
}

/// Goes down from the root of a tree towards a leaf, up to the first subtree that `is_end` accepts, at the
/// latest the leaf. Gives that subtree, and the subtrees that were left behind, the lowest first.
fn descend(leaf: u64, size: u64, is_end: impl Fn(&Range<u64>) -> bool) -> (Range<u64>, Vec<Step>) {
    assert!(leaf < size, "the descent is towards a leaf of the tree");
    let (mut steps, mut here) = (Vec::new(), 0..size);
    while !is_end(&here) {
        let middle = here.start + split(here.end - here.start);
        let is_left = leaf >= middle;
        let (behind, ahead) = if is_left {
            (here.start..middle, middle..here.end)
        } else {
            (middle..here.end, here.start..middle)
        };
        steps.push(Step { range: behind, is_left });
        here = ahead;
    }
    assert!(here.contains(&leaf), "the descent does not lose its leaf");
    assert!(steps.len() <= limits::PROOF_HASHES_MAX, "a descent is no longer than the tree is high");
    debug_assert_eq!(
        steps.iter().map(|step| step.range.end - step.range.start).sum::<u64>() + (here.end - here.start),
        size,
        "the subtrees of a descent are the whole tree"
    );
    steps.reverse();
    (here, steps)
}

/// The subtrees beside the path from a leaf to the root, the lowest first.
pub(super) fn inclusion_steps(index: u64, size: u64) -> Vec<Step> {
    let (leaf, steps) = descend(index, size, |here| here.end - here.start == 1);
    debug_assert_eq!(leaf, index..index + 1, "an inclusion proof begins at its leaf");
    steps
}

/// The last subtree that the older and the newer tree both have whole, and the subtrees beside the path from
/// there to the root, the lowest first.
pub(super) fn consistency_steps(old: u64, new: u64) -> (Range<u64>, Vec<Step>) {
    assert!(0 < old && old < new, "a consistency proof is between two sizes, the older one not empty");
    let (shared, steps) = descend(old - 1, new, |here| here.end == old);
    debug_assert!((shared.end - shared.start).is_power_of_two(), "the shared subtree is complete");
    (shared, steps)
}

/// The subtrees whose roots prove that the leaf is in the tree, the lowest first.
pub fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if index >= size {
        return Err(ProofError::Range(index, size));
    }
    Ok(inclusion_steps(index, size).into_iter().map(|step| step.range).collect())
}

/// The subtrees whose roots prove that the tree of `new` leaves begins with the tree of `old` leaves.
pub fn consistency_ranges(old: u64, new: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if old > new {
        return Err(ProofError::Range(old, new));
    }
    // Every tree begins with the empty tree and with itself, so these proofs are empty.
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (shared, steps) = consistency_steps(old, new);
    // A verifier knows the root of a subtree that is the older tree itself.
    let first = (shared.start != 0).then_some(shared);
    Ok(first.into_iter().chain(steps.into_iter().map(|step| step.range)).collect())
}
