//! Why bytes are not a CAR, or a block in one is not ours.

use crate::encode::cbor::CborError;
use crate::name::{BlockId, IdError};

/// Why bytes are not a CAR, or a block in one is not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CAR, byte {offset}: {why}")]
pub struct CarError {
    /// Where the header or the section begins.
    pub offset: u64,
    /// What is not right.
    pub why: CarFlaw,
}

/// What is not right with a section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarFlaw {
    /// The header is not the one encoding of `{"roots": [CID…], "version": 1}`.
    #[error("the header is not `{{\"roots\": [CID…], \"version\": 1}}` in strict dag-cbor: {0}")]
    Header(String),
    /// A length that is 0, has a shorter form, or is more than a block may have.
    #[error("a length that is 0, not in its shortest form, or more than {0}")]
    Length(u64),
    /// The file ends within it.
    #[error("the file ends within it: it was cut")]
    Truncated,
    /// Not a CID.
    #[error("it does not begin with a CID: {0}")]
    Cid(String),
    /// A CID of another version, codec or hash.
    #[error(transparent)]
    Codec(#[from] IdError),
    /// Bytes that are not those that the CID names.
    #[error("the block named {named} hashes to {found}")]
    Hash {
        /// What it says.
        named: BlockId,
        /// What its bytes give.
        found: BlockId,
    },
    /// The CID says dag-cbor, and the bytes are another encoding of something, or none.
    #[error("the block {named}: {why}")]
    NotCanonical {
        /// The block.
        named: BlockId,
        /// Why.
        why: CborError,
    },
}
