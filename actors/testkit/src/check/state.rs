//! A scope's state beside a plain map.

use icn_core::state::{State, StateTree};

use crate::generate::{ByteSource, raw_id};
use crate::oracle;
use crate::oracle::Values;

/// How many operations one input makes, at most: the oracles are slow.
const OPS_MAX: usize = 256;

/// Values set and removed: root, reads and scans are those of the contents.
pub fn check_state(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let (mut state, mut tree, mut naive) = (State::default(), StateTree::default(), Values::new());
    for _ in 0..OPS_MAX {
        if source.is_empty() {
            break;
        }
        let module = raw_id(source.byte() % 2);
        let key = source.short(3);
        let value = (!source.once_in(3)).then(|| source.short(3));
        tree.set(&module, &key, value.as_deref());
        state.set(module, key.clone(), value.clone());
        match value {
            Some(value) => naive.insert((module, key.clone()), value),
            None => naive.remove(&(module, key.clone())),
        };
        assert_eq!(tree.root(), oracle::state_root(&naive));
        let (prefix, after) = (source.short(2), source.short(3));
        let next = state.next_key(&module, &prefix, &after).map(<[u8]>::to_vec);
        let expected = oracle::next_key(&naive, &module, &prefix, &after);
        assert_eq!(next, expected, "after {after:?} with {prefix:?}");
        assert_eq!(state.get(&module, &key).map(|v| v.to_vec()), naive.get(&(module, key)).cloned());
    }
    let found: Values = state.iter().map(|(m, k, v)| ((*m, k.to_vec()), v.to_vec())).collect();
    assert_eq!(found, naive);
    assert_eq!(StateTree::of(&state).root(), tree.root());
}
