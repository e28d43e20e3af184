//! A state as the list of its contents: its root and the order of its keys, by the definitions.

use std::collections::BTreeMap;

use icn_core::name::{BlockId, Bytes, Hash};

/// A state's contents.
pub type Values = BTreeMap<(BlockId, Vec<u8>), Vec<u8>>;

/// The root of a state, from its contents (`icn_core::state`, module text).
#[must_use]
pub fn state_root(values: &Values) -> Hash {
    let leaf = |((module, key), value): (&(BlockId, Vec<u8>), &Vec<u8>)| {
        let place = Hash::digest(&[&module.as_bytes()[..], key].concat());
        (place, Hash::digest(&[&[0], &place.0[..], &Hash::digest(value).0].concat()))
    };
    let leaves: Vec<(Hash, Hash)> = values.iter().map(leaf).collect();
    subtree(&leaves, 0)
}

fn subtree(leaves: &[(Hash, Hash)], depth: usize) -> Hash {
    match leaves {
        [] => Bytes([0; 32]),
        [(_, leaf)] => *leaf,
        _ => {
            let bit = |place: &Hash| place.0[depth / 8] >> (7 - depth % 8) & 1 == 1;
            let (right, left): (Vec<_>, Vec<_>) = leaves.iter().partition(|(place, _)| bit(place));
            Hash::digest(&[&[1], &subtree(&left, depth + 1).0[..], &subtree(&right, depth + 1).0].concat())
        }
    }
}

/// The next key of a module after `after`, among those with the prefix.
#[must_use]
pub fn next_key(values: &Values, module: &BlockId, prefix: &[u8], after: &[u8]) -> Option<Vec<u8>> {
    let keys = values.keys().filter(|(m, key)| m == module && key.starts_with(prefix));
    keys.map(|(_, key)| key.clone()).filter(|key| after.is_empty() || key.as_slice() > after).min()
}
