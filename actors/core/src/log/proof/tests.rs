//! Every proof of every small tree, against an independent implementation, and every proof that must not verify.

use std::ops::Range;

use super::*;
use crate::log::tree::{Frontier, leaf_hash};
use crate::name::{BlockId, Codec, Hash};
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
