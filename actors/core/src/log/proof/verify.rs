//! Whether a proof holds.

use super::steps::{ProofError, consistency_steps, inclusion_steps};
use crate::log::tree::node_hash;
use crate::name::Hash;

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
