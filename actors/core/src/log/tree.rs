//! The log's Merkle tree (RFC 6962, section 2.1; RFC 9162, section 2.1).
//!
//! Leaves and inner nodes are hashed with different first bytes, so neither can pass as the other. The root
//! of any size depends only on the leaves and their order. A [`Frontier`] only grows: no leaf is ever changed
//! or removed.

use sha2::{Digest, Sha256};

use crate::name::{BlockId, Bytes, Hash};

/// Hash of a leaf: SHA-256(0x00 ‖ data).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    Bytes(Sha256::new().chain_update([0u8]).chain_update(data).finalize().into())
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1u8; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Bytes(Sha256::digest(bytes).into())
}

/// The right edge of a growing tree: the roots of its complete subtrees, the largest first. Appending a leaf takes
/// constant work on average; computing the root takes logarithmic work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    complete: Vec<Hash>,
}

impl Frontier {
    /// The number of leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf: a block's 36-byte name.
    pub fn append(&mut self, leaf: &BlockId) {
        self.push(leaf_hash(leaf.as_bytes()));
    }

    /// Adds a leaf by its hash, or, in a tree of trees, a complete subtree by its root.
    pub fn push(&mut self, hash: Hash) {
        debug_assert_eq!(
            self.complete.len(),
            self.size.count_ones() as usize,
            "one complete subtree for each set bit of the size"
        );
        let mut hash = hash;
        let mut rest = self.size;
        while rest & 1 == 1 {
            // An odd size has a complete subtree of this height that waits for its right sibling.
            if let Some(left) = self.complete.pop() {
                hash = node_hash(&left, &hash);
            }
            rest >>= 1;
        }
        self.complete.push(hash);
        self.size += 1;
        assert_eq!(
            self.complete.len(),
            self.size.count_ones() as usize,
            "one complete subtree for each set bit of the size"
        );
    }

    /// The frontier of a tree with these leaves' hashes.
    #[must_use]
    pub fn of(hashes: &[Hash]) -> Self {
        let mut frontier = Self::default();
        hashes.iter().for_each(|hash| frontier.push(*hash));
        assert_eq!(frontier.size, hashes.len() as u64, "each leaf adds one to the size");
        frontier
    }

    /// The root of the tree so far. The root of the empty tree is the SHA-256 of nothing (RFC 9162, section 2.1.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        debug_assert_eq!(self.complete.is_empty(), self.size == 0, "only the empty tree has no subtree");
        let mut from_right = self.complete.iter().rev();
        let Some(last) = from_right.next() else { return Bytes(Sha256::digest(b"").into()) };
        from_right.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The size and the roots of the complete subtrees, for a snapshot.
    #[must_use]
    pub fn parts(&self) -> (u64, &[Hash]) {
        (self.size, &self.complete)
    }

    /// A frontier from a snapshot, or `None` if the number of subtrees does not fit the size.
    #[must_use]
    pub fn from_parts(size: u64, complete: Vec<Hash>) -> Option<Self> {
        (complete.len() == size.count_ones() as usize).then_some(Self { size, complete })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Codec;

    fn leaves(count: u64) -> Vec<BlockId> {
        (0..count).map(|n| BlockId::of(Codec::Raw, &n.to_le_bytes())).collect()
    }

    /// RFC 6962, section 2.1, as it is written.
    fn naive(leaves: &[BlockId]) -> Hash {
        match leaves {
            [] => Hash::digest(b""),
            [one] => leaf_hash(one.as_bytes()),
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                node_hash(&naive(&leaves[..half]), &naive(&leaves[half..]))
            }
        }
    }

    #[test]
    fn the_frontier_gives_the_root_of_every_size() {
        let all = leaves(70);
        let mut frontier = Frontier::default();
        for size in 0..all.len() {
            assert_eq!(frontier.root(), naive(&all[..size]), "size {size}");
            let (n, parts) = frontier.parts();
            assert_eq!(Frontier::from_parts(n, parts.to_vec()), Some(frontier.clone()));
            frontier.append(&all[size]);
        }
    }

    #[test]
    fn the_root_is_that_of_an_independent_implementation() {
        let mut frontier = Frontier::default();
        let mut theirs = ct_merkle::mem_backed_tree::MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for leaf in leaves(33) {
            frontier.append(&leaf);
            theirs.push(leaf.as_bytes().to_vec());
            assert_eq!(frontier.root().0.as_slice(), theirs.root().as_bytes().as_slice());
        }
    }
}
