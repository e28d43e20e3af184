//! The binary Merkle tree over the hashes of a scope's values.
//!
//! The bits of a key's hash, most significant first, give the path to its leaf. The leaf stands at the least depth at
//! which it is alone, so the root depends on the contents and not on the order of writes (docs/formats.md):
//!
//! - key hash: SHA-256(module CID (36 bytes) ‖ key)
//! - leaf: SHA-256(0x00 ‖ key hash ‖ SHA-256(value))
//! - inner node: SHA-256(0x01 ‖ left ‖ right), an empty side being 32 zero bytes
//! - a subtree of one leaf is that leaf; the root of nothing is 32 zero bytes.

use sha2::{Digest, Sha256};

use super::values::State;
use crate::name::{BlockId, Hash};

const LEAF: u8 = 0;
const INNER: u8 = 1;
const EMPTY: [u8; 32] = [0; 32];
const _: () = assert!(LEAF != INNER, "a leaf can never be read as an inner node");

/// Computes the hash that gives a key its place in the tree.
#[must_use]
pub fn key_hash(module: &BlockId, key: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(module.as_bytes()).chain_update(key).finalize().into()
}

fn leaf_hash(key: &[u8; 32], value: &[u8]) -> [u8; 32] {
    let mut bytes = [LEAF; 65];
    bytes[1..33].copy_from_slice(key);
    bytes[33..].copy_from_slice(&Sha256::digest(value));
    Sha256::digest(bytes).into()
}

fn inner_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut bytes = [INNER; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// Whether the bit at this depth sends a key to the right.
fn goes_right(key: &[u8; 32], depth: usize) -> bool {
    assert!(depth < 256, "two keys of the tree differ within their 256 bits");
    key[depth / 8] & (0x80 >> (depth % 8)) != 0
}

/// The Merkle tree of a state. It is derived data: it lives in memory and is built again from the values.
///
/// Format: docs/formats.md, "State".
#[derive(Debug, Default)]
pub struct StateTree(Subtree);

#[derive(Debug, Default)]
enum Subtree {
    #[default]
    Empty,
    Leaf {
        key: [u8; 32],
        hash: [u8; 32],
    },
    Inner(Box<Inner>),
}

#[derive(Debug)]
struct Inner {
    hash: [u8; 32],
    left: Subtree,
    right: Subtree,
}

impl Inner {
    fn side(&mut self, right: bool) -> &mut Subtree {
        if right { &mut self.right } else { &mut self.left }
    }
    fn rehash(&mut self) {
        let sides = (&self.left, &self.right);
        debug_assert!(
            !matches!(
                sides,
                (Subtree::Empty, Subtree::Empty | Subtree::Leaf { .. })
                    | (Subtree::Leaf { .. }, Subtree::Empty)
            ),
            "an inner node has two leaves below it at least"
        );
        self.hash = inner_hash(&self.left.hash(), &self.right.hash());
    }
}

impl Subtree {
    fn hash(&self) -> [u8; 32] {
        match self {
            Self::Empty => EMPTY,
            Self::Leaf { hash, .. } => *hash,
            Self::Inner(inner) => inner.hash,
        }
    }

    fn insert(&mut self, depth: usize, key: [u8; 32], hash: [u8; 32]) {
        match self {
            Self::Empty => *self = Self::Leaf { key, hash },
            Self::Leaf { key: here, hash: old } if *here == key => *old = hash,
            Self::Leaf { .. } => {
                // Two keys share the path so far: the old leaf moves down first, then the new one is inserted.
                let Self::Leaf { key: moved, hash: moved_hash } = std::mem::take(self) else { return };
                let mut inner = Box::new(Inner { hash: EMPTY, left: Self::Empty, right: Self::Empty });
                *inner.side(goes_right(&moved, depth)) = Self::Leaf { key: moved, hash: moved_hash };
                inner.side(goes_right(&key, depth)).insert(depth + 1, key, hash);
                inner.rehash();
                *self = Self::Inner(inner);
            }
            Self::Inner(inner) => {
                inner.side(goes_right(&key, depth)).insert(depth + 1, key, hash);
                inner.rehash();
            }
        }
    }

    fn remove(&mut self, depth: usize, key: &[u8; 32]) {
        match self {
            Self::Empty => {}
            Self::Leaf { key: here, .. } => {
                if here == key {
                    *self = Self::Empty;
                }
            }
            Self::Inner(inner) => {
                inner.side(goes_right(key, depth)).remove(depth + 1, key);
                // A subtree of one leaf is that leaf.
                match (&inner.left, &inner.right) {
                    (Self::Empty, Self::Empty) => *self = Self::Empty,
                    (Self::Leaf { .. }, Self::Empty) => *self = std::mem::take(&mut inner.left),
                    (Self::Empty, Self::Leaf { .. }) => *self = std::mem::take(&mut inner.right),
                    _ => inner.rehash(),
                }
            }
        }
    }
}

impl StateTree {
    /// The root hash; 32 zero bytes when the state is empty.
    #[must_use]
    pub fn root(&self) -> Hash {
        crate::name::Bytes(self.0.hash())
    }

    /// Sets or removes one key.
    pub fn set(&mut self, module: &BlockId, key: &[u8], value: Option<&[u8]>) {
        let place = key_hash(module, key);
        match value {
            Some(value) => self.0.insert(0, place, leaf_hash(&place, value)),
            None => self.0.remove(0, &place),
        }
        debug_assert_eq!(
            self.leaf(&place),
            value.map(|value| leaf_hash(&place, value)),
            "a key that was set has its leaf, and a key that was removed has none"
        );
    }

    /// The hash of the leaf at a place, found by walking down from the root.
    fn leaf(&self, place: &[u8; 32]) -> Option<[u8; 32]> {
        let mut at = &self.0;
        for depth in 0..256 {
            match at {
                Subtree::Empty => return None,
                Subtree::Leaf { key, hash } => return (key == place).then_some(*hash),
                Subtree::Inner(inner) => {
                    at = if goes_right(place, depth) { &inner.right } else { &inner.left };
                }
            }
        }
        None
    }

    /// Builds the tree of these values.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let mut tree = Self::default();
        for (module, key, value) in state.iter() {
            tree.set(module, key, Some(value));
        }
        debug_assert_eq!(
            tree.root().0 == EMPTY,
            state.iter().next().is_none(),
            "only the empty state has the empty root"
        );
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Codec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// The definition, written naively: the hash of a set of leaves below a depth.
    fn naive(leaves: &[([u8; 32], [u8; 32])], depth: usize) -> [u8; 32] {
        match leaves {
            [] => EMPTY,
            [(_, hash)] => *hash,
            _ => {
                let (right, left): (Vec<_>, Vec<_>) =
                    leaves.iter().partition(|(key, _)| goes_right(key, depth));
                inner_hash(&naive(&left, depth + 1), &naive(&right, depth + 1))
            }
        }
    }

    proptest! {
        #[test]
        fn the_root_is_that_of_the_contents(ops in prop::collection::vec((0u8..24, prop::option::of(0u8..4)), 0..120)) {
            let module = BlockId::of(Codec::Raw, b"m");
            let mut tree = StateTree::default();
            let mut model = BTreeMap::new();
            for (key, value) in ops {
                tree.set(&module, &[key], value.as_ref().map(std::slice::from_ref));
                match value { Some(v) => model.insert(key, v), None => model.remove(&key) };
                let leaves: Vec<_> = model.iter().map(|(k, v)| {
                    let place = key_hash(&module, &[*k]);
                    (place, leaf_hash(&place, &[*v]))
                }).collect();
                prop_assert_eq!(tree.root().0, naive(&leaves, 0));
            }
        }
    }
}
