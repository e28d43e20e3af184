//! Identities: `did:key` of an Ed25519 key. Only the one canonical spelling is accepted.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::error::IdError;
use super::text::cut;

/// Bytes of the text of an Ed25519 `did:key`. Every such text has this length.
pub const DID_TEXT_BYTES: usize = 56;
const ED25519_MULTIKEY: [u8; 2] = [0xed, 0x01];

const _: () =
    assert!(DID_TEXT_BYTES == "did:key:".len() + 48, "the prefix and 48 characters of the multikey");

/// An identity: a `did:key` of an Ed25519 key (W3C CCG did:key, Multikey prefix `ed01`).
///
/// The key need not be a point that strict verification accepts: this is checked when a signature
/// is verified.
#[derive(Clone, Copy)]
pub struct Did {
    key: [u8; 32],
    text: [u8; DID_TEXT_BYTES],
}

impl Did {
    /// Makes the identity of a public key.
    #[must_use]
    pub fn from_key(key: [u8; 32]) -> Self {
        let mut multikey = [0u8; 34];
        multikey[..2].copy_from_slice(&ED25519_MULTIKEY);
        multikey[2..].copy_from_slice(&key);
        let encoded = multibase::encode(multibase::Base::Base58Btc, multikey);
        let mut text = [0u8; DID_TEXT_BYTES];
        text[..8].copy_from_slice(b"did:key:");
        // 34 bytes that begin with 0xed01 have 47 base58 digits, whatever the key.
        assert_eq!(encoded.len(), DID_TEXT_BYTES - 8, "an Ed25519 multikey has 48 characters");
        text[8..].copy_from_slice(encoded.as_bytes());
        assert!(encoded.is_ascii(), "base58 is ASCII");
        Self { key, text }
    }

    /// Parses the text form; any spelling but the canonical one is an error.
    ///
    /// Format: docs/formats.md, "Identities and names".
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let error = || IdError::Did(cut(text));
        if text.len() != DID_TEXT_BYTES {
            return Err(error());
        }
        let encoded = text.strip_prefix("did:key:").filter(|rest| rest.starts_with('z')).ok_or_else(error)?;
        let (_, bytes) = multibase::decode(encoded).map_err(|_| error())?;
        let key = bytes.strip_prefix(&ED25519_MULTIKEY).ok_or_else(error)?;
        let key: [u8; 32] = key.try_into().map_err(|_| error())?;
        let mut fixed = [0u8; DID_TEXT_BYTES];
        fixed.copy_from_slice(text.as_bytes());
        debug_assert_eq!(Self::from_key(key).text, fixed, "a key of 32 bytes has one base58 spelling");
        Ok(Self { key, text: fixed })
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both constructors put ASCII here.
        std::str::from_utf8(&self.text).unwrap_or("did:key:invalid")
    }
}

impl PartialEq for Did {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Did {}
impl PartialOrd for Did {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Did {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}
impl std::hash::Hash for Did {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}
impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl Serialize for Did {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Did {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}
