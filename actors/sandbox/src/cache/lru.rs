//! A map that is bounded in entries and in bytes: the least recently used entry makes room.
//!
//! Uses are counted and not timed, so the same uses in the same order always remove the same entries.

use std::collections::BTreeMap;

use icn_core::name::BlockId;

/// An entry.
struct Kept<V> {
    value: V,
    bytes: usize,
    /// The number of the last use.
    used: u64,
}

/// A bounded map. It forgets the entry that was not used for longest.
pub(crate) struct Lru<V> {
    kept: BTreeMap<BlockId, Kept<V>>,
    /// The same entries by the number of their last use. No two uses have one number.
    by_use: BTreeMap<u64, BlockId>,
    uses: u64,
    bytes: usize,
    entries_max: usize,
    bytes_max: usize,
}

impl<V: Clone> Lru<V> {
    /// An empty map that never has more entries or bytes than this.
    pub(crate) const fn new(entries_max: usize, bytes_max: usize) -> Self {
        Self { kept: BTreeMap::new(), by_use: BTreeMap::new(), uses: 0, bytes: 0, entries_max, bytes_max }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }
    /// The bytes that they count for.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A copy of the value of this name. Asking for it is a use.
    pub(crate) fn get(&mut self, id: &BlockId) -> Option<V> {
        self.get_mut(id).map(|value| value.clone())
    }

    /// The value of this name. Asking for it is a use.
    pub(crate) fn get_mut(&mut self, id: &BlockId) -> Option<&mut V> {
        let kept = self.kept.get_mut(id)?;
        self.by_use.remove(&kept.used);
        self.uses += 1;
        kept.used = self.uses;
        self.by_use.insert(self.uses, *id);
        Some(&mut kept.value)
    }

    /// Keeps a value that counts for so many bytes, and gives back the values that had to go: others, or the value
    /// itself when it is larger than the whole map may be. The caller drops them where it holds no lock.
    #[must_use]
    pub(crate) fn insert(&mut self, id: BlockId, value: V, bytes: usize) -> Vec<V> {
        let mut gone: Vec<V> = self.remove(&id).into_iter().collect();
        if bytes > self.bytes_max || self.entries_max == 0 {
            gone.push(value);
            return gone;
        }
        while self.kept.len() >= self.entries_max || self.bytes > self.bytes_max - bytes {
            let Some((_, oldest)) = self.by_use.first_key_value() else { break };
            let oldest = *oldest;
            gone.extend(self.remove(&oldest));
        }
        self.uses += 1;
        self.by_use.insert(self.uses, id);
        self.kept.insert(id, Kept { value, bytes, used: self.uses });
        self.bytes += bytes;
        assert!(self.bytes <= self.bytes_max, "the bytes are within their bound");
        assert!(self.kept.len() <= self.entries_max, "the entries are within their bound");
        assert_eq!(self.kept.len(), self.by_use.len(), "each entry has one last use");
        gone
    }

    fn remove(&mut self, id: &BlockId) -> Option<V> {
        let kept = self.kept.remove(id)?;
        self.by_use.remove(&kept.used);
        self.bytes -= kept.bytes;
        Some(kept.value)
    }
}
