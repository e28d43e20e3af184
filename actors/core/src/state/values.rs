//! A scope's values, by module and key, and the nodes that its guests stored. Maps are ordered, so that every walk
//! over them is the same on every machine.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::encode::Block;
use crate::name::BlockId;

/// The data that guests of a scope can read: values and stored nodes.
#[derive(Debug, Clone, Default)]
pub struct State {
    values: BTreeMap<BlockId, BTreeMap<Vec<u8>, Arc<[u8]>>>,
    nodes: BTreeMap<BlockId, Arc<Block>>,
}

impl State {
    /// The value of a key, if it is set.
    #[must_use]
    pub fn get(&self, module: &BlockId, key: &[u8]) -> Option<&Arc<[u8]>> {
        self.values.get(module)?.get(key)
    }

    /// The first key after `after` that begins with `prefix`. An empty `after` starts from the beginning.
    #[must_use]
    pub fn next_key(&self, module: &BlockId, prefix: &[u8], after: &[u8]) -> Option<&[u8]> {
        let keys = self.values.get(module)?;
        let from =
            if after.is_empty() || after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
        let (key, _) = keys.range::<[u8], _>((from, Bound::Unbounded)).next()?;
        debug_assert!(after.is_empty() || key.as_slice() > after, "a scan moves forward");
        debug_assert!(key.as_slice() >= prefix, "a scan begins at its prefix");
        key.starts_with(prefix).then_some(key.as_slice())
    }

    /// Sets or removes a value.
    pub fn set(&mut self, module: BlockId, key: Vec<u8>, value: Option<Vec<u8>>) {
        let keys = self.values.entry(module).or_default();
        match value {
            Some(value) => {
                keys.insert(key, value.into());
            }
            None => {
                keys.remove(&key);
            }
        }
    }

    /// The payload of a node, if it is stored.
    #[must_use]
    pub fn node(&self, id: &BlockId) -> Option<&Arc<Block>> {
        self.nodes.get(id)
    }

    /// Stores a node.
    pub fn keep_node(&mut self, block: Arc<Block>) {
        debug_assert!(block.id().names(block.bytes()), "a node's bytes hash to its name");
        self.nodes.insert(block.id(), block);
    }

    /// All values, in the order of module and key.
    pub fn iter(&self) -> impl Iterator<Item = (&BlockId, &[u8], &[u8])> {
        self.values
            .iter()
            .flat_map(|(module, keys)| keys.iter().map(move |(k, v)| (module, k.as_slice(), &**v)))
    }

    /// All nodes, in the order of their names.
    pub fn nodes(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.nodes.values()
    }
}

/// Bytes of storage that a key and its value are charged for.
#[must_use]
pub fn storage_bytes(key: &[u8], value: Option<&[u8]>) -> i64 {
    value.map_or(0, |value| i64::try_from(key.len() + value.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Codec;

    #[test]
    fn scanning_gives_keys_in_order_and_stays_inside_the_prefix() {
        let module = BlockId::of(Codec::Raw, b"m");
        let mut state = State::default();
        for key in ["a", "b/1", "b/2", "c"] {
            state.set(module, key.into(), Some(vec![1]));
        }
        assert_eq!(state.next_key(&module, b"b/", b""), Some(&b"b/1"[..]));
        assert_eq!(state.next_key(&module, b"b/", b"a"), Some(&b"b/1"[..]));
        assert_eq!(state.next_key(&module, b"b/", b"b/1"), Some(&b"b/2"[..]));
        assert_eq!(state.next_key(&module, b"b/", b"b/2"), None);
        assert_eq!(state.next_key(&module, b"", b"c"), None);
    }
}
