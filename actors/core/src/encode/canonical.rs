//! Canonical dag-cbor, written and read.
//!
//! Reading has one rule: decode, encode again, and compare; the bytes must be the same. So each value has one
//! encoding and one CID (IPLD dag-cbor specification, "Strictness"). Bytes that break the rule are never repaired.

use serde::{Serialize, de::DeserializeOwned};

/// Why bytes are not a block of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than a block may have.
    #[error("{found} bytes where at most {max} are allowed")]
    TooLarge {
        /// The number of bytes found.
        found: usize,
        /// The number of bytes allowed.
        max: usize,
    },
    /// The bytes are not dag-cbor, or have another shape.
    #[error("not a {what}: {why}")]
    Malformed {
        /// The kind that was expected.
        what: &'static str,
        /// The decoder's reason.
        why: String,
    },
    /// The value has the right shape, but this is not its canonical encoding.
    #[error(
        "not canonical dag-cbor: encoding the same {what} again gives other bytes, first at offset {offset}"
    )]
    NotCanonical {
        /// The kind that was decoded.
        what: &'static str,
        /// The offset of the first byte that differs.
        offset: usize,
    },
}

/// Encodes a value of this crate as canonical dag-cbor.
///
/// # Panics
/// Never for the types of this crate: writing to memory cannot fail, and dag-cbor can hold every one of them.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a type of ours that dag-cbor cannot hold is a mistake found by its first test"
)]
pub fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_ipld_dagcbor::to_vec(value).expect("types of this crate have a dag-cbor form")
}

/// Reads a value from a reader to its end without holding its bytes. For derived data such as snapshots, which no CID
/// names: the decoder is strict, but the bytes are not compared with the canonical ones.
pub fn from_reader<T: DeserializeOwned>(
    what: &'static str,
    reader: impl std::io::BufRead,
) -> Result<T, DecodeError> {
    serde_ipld_dagcbor::from_reader(reader).map_err(|e| DecodeError::Malformed { what, why: e.to_string() })
}

/// Reads a value from its canonical bytes.
///
/// Format: docs/formats.md, "Blocks and CIDs".
///
/// # Errors
/// More than `bytes_max` bytes, another shape, or an encoding that is not the canonical one.
///
/// # Errors
/// More than `bytes_max` bytes, another shape, or an encoding that is not the canonical one.
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
