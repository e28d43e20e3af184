//! Byte strings of a fixed length: digests, and the names of invocations and holds. Text forms are lower-case
//! hexadecimal of exactly that length; any other text is refused.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

/// A byte string of a fixed length. Its form in blocks is a dag-cbor byte string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes<const N: usize>(pub [u8; N]);

/// A client's 128-bit name for one invocation. A scope applies each id at most once, for ever.
pub type InvocationId = Bytes<16>;
/// The name of a hold in its scope: 16 bytes derived from the run that placed it ([`super::hold_id`]).
pub type HoldId = Bytes<16>;

/// A SHA-256 digest.
pub type Hash = Bytes<32>;

impl<const N: usize> Bytes<N> {
    /// Writes lower-case hexadecimal.
    #[must_use]
    pub fn to_hex(&self) -> String {
        let text = hex(&self.0);
        debug_assert_eq!(Self::from_hex(&text), Some(*self), "the text reads back as the bytes");
        text
    }
    /// Reads lower-case hexadecimal of exactly this length.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}
impl Hash {
    /// Computes the SHA-256 digest of these bytes.
    #[must_use]
    pub fn digest(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}
impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}
impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}
impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}
impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        let length = bytes.len();
        bytes
            .into_vec()
            .try_into()
            .map(Self)
            .map_err(|_| D::Error::custom(format!("expected {N} bytes, found {length}")))
    }
}

/// Writes bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
