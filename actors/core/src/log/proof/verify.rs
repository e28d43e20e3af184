//! Whether a proof leads from what is known to a root. The proof may come from anybody.

use super::error::ProofError;
use super::steps::{consistency_steps, inclusion_steps};
use crate::log::tree::node_hash;
use crate::name::Hash;

fn has_length(expected: usize, proof: &[Hash]) -> Result<(), ProofError> {
    let found = proof.len();
    if found == expected { Ok(()) } else { Err(ProofError::Length { expected, found }) }
}

fn leads_to(expected: &Hash, found: Hash) -> Result<(), ProofError> {
    if found == *expected { Ok(()) } else { Err(ProofError::Root { expected: *expected, found }) }
}

/// Verifies that the leaf with this hash is at `index` in the tree with this size and root.
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
    has_length(steps.len(), proof)?;
    let found = steps.iter().zip(proof).fold(*leaf, |hash, (step, other)| {
        if step.is_left { node_hash(other, &hash) } else { node_hash(&hash, other) }
    });
    leads_to(root, found)
}

/// Verifies that the tree of `new` leaves begins with the tree of `old` leaves. `old` is at least 1: every
/// tree begins with the empty tree, so a proof from it would say nothing about the new root, and is refused.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    // RFC 6962, section 2.1.2, defines proofs for 0 < old < new.
    if old > new || old == 0 {
        return Err(ProofError::Range(old, new));
    }
    if old == new {
        has_length(0, proof)?;
        return leads_to(new_root, *old_root);
    }
    let (shared, steps) = consistency_steps(old, new);
    let is_old_tree = shared.start == 0;
    has_length(steps.len() + usize::from(!is_old_tree), proof)?;
    let (first, rest) = match proof.split_first() {
        Some((first, rest)) if !is_old_tree => (*first, rest),
        _ => (*old_root, proof),
    };
    assert_eq!(rest.len(), steps.len(), "each step has its hash");
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
