//! Blocks: canonical dag-cbor bytes and their names.

use serde::Serialize;

use super::canonical::to_bytes;
use crate::name::{BlockId, Codec};

/// Bytes and the name that they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    id: BlockId,
    bytes: Vec<u8>,
}

impl Block {
    /// Names these bytes.
    #[must_use]
    pub fn new(codec: Codec, bytes: Vec<u8>) -> Self {
        Self { id: BlockId::of(codec, &bytes), bytes }
    }

    /// Encodes a value as dag-cbor.
    ///
    /// # Panics
    /// Never for the types of this crate: they hold no floats and no maps with other keys than text.
    #[must_use]
    pub fn encode<T: Serialize>(value: &T) -> Self {
        Self::new(Codec::DagCbor, to_bytes(value))
    }

    /// Takes bytes that are said to have this name; the error is the name that they do have.
    pub fn verified(id: BlockId, bytes: Vec<u8>) -> Result<Self, BlockId> {
        let found = BlockId::of(id.codec(), &bytes);
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
