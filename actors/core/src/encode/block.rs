//! Blocks: bytes together with the name that they hash to. A [`Block`] with another name cannot be made.

use serde::Serialize;

use super::canonical::to_bytes;
use super::cbor;
use crate::name::{BlockId, Codec};

/// Bytes and their name. The name is always the hash of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    id: BlockId,
    bytes: Vec<u8>,
}

impl Block {
    /// Makes a block of these bytes and computes its name.
    #[must_use]
    pub fn new(codec: Codec, bytes: Vec<u8>) -> Self {
        Self { id: BlockId::of(codec, &bytes), bytes }
    }

    /// Encodes a value as dag-cbor.
    ///
    /// # Panics
    /// Never for the types of this crate: they have no floats, and the keys of their maps are text.
    #[must_use]
    pub fn encode<T: Serialize>(value: &T) -> Self {
        let block = Self::new(Codec::DagCbor, to_bytes(value));
        // The scanner shares no code with the encoder, so each checks the other.
        debug_assert!(cbor::scan(&block.bytes, usize::MAX).is_ok(), "what is written is strict dag-cbor");
        debug_assert!(block.id.names(&block.bytes), "a block's name is the hash of its bytes");
        block
    }

    /// Makes a block of bytes that should have this name. The error is the name that they have instead.
    pub fn verified(id: BlockId, bytes: Vec<u8>) -> Result<Self, BlockId> {
        let found = BlockId::of(id.codec(), &bytes);
        assert_eq!(found.codec(), id.codec(), "a name is computed under the codec that it is compared with");
        if found == id { Ok(Self { id, bytes }) } else { Err(found) }
    }

    /// The name.
    #[must_use]
    pub const fn id(&self) -> BlockId {
        self.id
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
