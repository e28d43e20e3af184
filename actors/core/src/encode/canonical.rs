//! Canonical dag-cbor: what is written, and read again.
//!
//! One rule for reading: decode, encode again, and the bytes must be the same. So one value has one
//! encoding, and one CID (IPLD dag-cbor specification, "Strictness").

use serde::{Serialize, de::DeserializeOwned};

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
