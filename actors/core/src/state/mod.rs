//! A scope's state: values by module and key, and the binary Merkle tree over their hashes. It applies writes;
//! whether a write is allowed is decided elsewhere.

mod tree;
mod values;

pub use tree::{StateTree, key_hash};
pub use values::{State, storage_bytes};
