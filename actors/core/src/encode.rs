//! Blocks: canonical dag-cbor bytes and their names.
//!
//! One rule for reading: decode, encode again, and the bytes must be the same. So one value has one
//! encoding, and one CID (IPLD dag-cbor specification, "Strictness").

use serde::{Serialize, de::DeserializeOwned};

use crate::id::{BlockId, Codec};

/// Bytes and the name that they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    id: BlockId,
    bytes: Vec<u8>,
}

/// Why bytes are not a block of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than a block may have.
    #[error("{found} bytes where at most {max} are allowed")]
    TooLarge {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// Not dag-cbor of this shape.
    #[error("not a {what}: {why}")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// What the decoder says.
        why: String,
    },
    /// The value is right, its encoding is not the canonical one.
    #[error(
        "not canonical dag-cbor: encoding the same {what} again gives other bytes, first at offset {offset}"
    )]
    NotCanonical {
        /// What was decoded.
        what: &'static str,
        /// The first byte that differs.
        offset: usize,
    },
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

/// Canonical dag-cbor of a value of this crate.
///
/// # Panics
/// Never for the types of this crate: writing to memory cannot fail, and none holds what dag-cbor lacks.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a type of ours that dag-cbor cannot hold is a mistake found by its first test"
)]
pub fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_ipld_dagcbor::to_vec(value).expect("types of this crate have a dag-cbor form")
}

/// Reads a value from a reader to its end, strictly as dag-cbor is read, without holding its bytes: for what is derived,
/// whose bytes name nothing, so that it does not matter whether they are the canonical ones.
pub fn from_reader<T: DeserializeOwned>(
    what: &'static str,
    reader: impl std::io::BufRead,
) -> Result<T, DecodeError> {
    serde_ipld_dagcbor::from_reader(reader).map_err(|e| DecodeError::Malformed { what, why: e.to_string() })
}

/// Reads a value from its canonical bytes.
pub fn from_bytes<T: Serialize + DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
    bytes_max: usize,
) -> Result<T, DecodeError> {
    if bytes.len() > bytes_max {
        return Err(DecodeError::TooLarge { found: bytes.len(), max: bytes_max });
    }
    let value: T = serde_ipld_dagcbor::from_slice(bytes)
        .map_err(|e| DecodeError::Malformed { what, why: e.to_string() })?;
    let again = to_bytes(&value);
    if again != bytes {
        let offset =
            again.iter().zip(bytes).position(|(a, b)| a != b).unwrap_or(again.len().min(bytes.len()));
        return Err(DecodeError::NotCanonical { what, offset });
    }
    Ok(value)
}
