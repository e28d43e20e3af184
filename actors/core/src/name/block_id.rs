//! Names of blocks: CIDv1 with sha2-256, codec dag-cbor or raw. Another version, codec or hash is refused when it is
//! read, so every [`BlockId`] is one of the two forms.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

use super::error::IdError;
use super::text::cut;

/// Bytes of a binary CID of this runtime: 4 of header and 32 of digest (docs/formats.md).
pub const CID_BYTES: usize = 36;
const CID_DAG_CBOR: [u8; 4] = [0x01, 0x71, 0x12, 0x20];
const CID_RAW: [u8; 4] = [0x01, 0x55, 0x12, 0x20];

const _: () = {
    assert!(CID_BYTES == CID_RAW.len() + 32, "a CID is a header and a SHA-256 digest");
    assert!(CID_RAW.len() == CID_DAG_CBOR.len(), "both headers have one length");
    assert!(CID_RAW[1] != CID_DAG_CBOR[1], "the headers tell the codecs apart");
};

/// The encoding of a block's bytes, as its CID states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Strict dag-cbor (multicodec 0x71).
    DagCbor,
    /// Bytes without a structure (multicodec 0x55): modules and rolls.
    Raw,
}

/// A block's name: its CIDv1 as 36 bytes.
///
/// Format: docs/formats.md, "Blocks and CIDs".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId([u8; CID_BYTES]);

impl BlockId {
    /// Computes the name of these bytes under a codec.
    #[must_use]
    pub fn of(codec: Codec, bytes: &[u8]) -> Self {
        Self::from_digest(codec, &Sha256::digest(bytes).into())
    }

    /// Makes the name that has this SHA-256 digest.
    #[must_use]
    pub fn from_digest(codec: Codec, digest: &[u8; 32]) -> Self {
        let mut id = [0u8; CID_BYTES];
        id[..4].copy_from_slice(match codec {
            Codec::DagCbor => &CID_DAG_CBOR,
            Codec::Raw => &CID_RAW,
        });
        id[4..].copy_from_slice(digest);
        let id = Self(id);
        debug_assert_eq!(id.codec(), codec, "a name states the codec that it was made for");
        debug_assert_eq!(id.digest(), digest, "a name ends with its digest");
        id
    }

    /// Reads the 36 bytes; any other version, codec or hash is an error.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdError> {
        let id: [u8; CID_BYTES] =
            bytes.try_into().map_err(|_| IdError::Cid(format!("found {} bytes", bytes.len())))?;
        if id[..4] != CID_DAG_CBOR && id[..4] != CID_RAW {
            return Err(IdError::Cid(format!("found the header {:02x?}", &id[..4])));
        }
        Ok(Self(id))
    }

    /// Parses the text form (base32, lower case).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let cid = cid::Cid::try_from(text).map_err(|e| IdError::Cid(e.to_string()))?;
        let id = Self::from_bytes(&cid.to_bytes())?;
        if id.to_string() != text {
            return Err(IdError::Cid(format!("`{}` is not its base32 spelling", cut(text))));
        }
        Ok(id)
    }

    /// The 36 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; CID_BYTES] {
        &self.0
    }

    /// The SHA-256 digest that the name ends with.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.0[CID_BYTES - 32..]
    }

    /// The codec that the name states.
    #[must_use]
    pub fn codec(&self) -> Codec {
        if self.0[..4] == CID_RAW { Codec::Raw } else { Codec::DagCbor }
    }

    /// Whether the bytes hash to this name.
    #[must_use]
    pub fn names(&self, bytes: &[u8]) -> bool {
        Self::of(self.codec(), bytes) == *self
    }

    fn to_cid(self) -> Result<cid::Cid, IdError> {
        cid::Cid::try_from(self.0.as_slice()).map_err(|e| IdError::Cid(e.to_string()))
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_cid() {
            Ok(cid) => fmt::Display::fmt(&cid, f),
            Err(_) => Err(fmt::Error),
        }
    }
}
impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_cid().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}
impl<'de> Deserialize<'de> for BlockId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cid = cid::Cid::deserialize(deserializer)?;
        Self::from_bytes(&cid.to_bytes()).map_err(D::Error::custom)
    }
}
