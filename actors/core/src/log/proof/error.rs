//! Why a proof proves nothing.

use crate::name::Hash;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree does not have the leaf, or the older tree is empty or larger than the newer one.
    #[error("there is no leaf or tree {0} in a tree of {1}")]
    Range(u64, u64),
    /// The number of hashes is wrong: the proof is for another size or another leaf.
    #[error("a proof for this place and size has {expected} hashes, this one has {found}")]
    Length {
        /// How many hashes the proof must have.
        expected: usize,
        /// How many hashes it has.
        found: usize,
    },
    /// The hashes do not lead to the root.
    #[error("the proof leads to the root {found}, expected {expected}")]
    Root {
        /// The root that was expected.
        expected: Hash,
        /// The root that the proof gives.
        found: Hash,
    },
}
