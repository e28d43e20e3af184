//! What is wrong with a CAR file.

use crate::encode::cbor::CborError;
use crate::name::{BlockId, IdError};

/// Why bytes are not a CAR, or a block in one is not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CAR, byte {offset}: {why}")]
pub struct CarError {
    /// Where the header or the section begins.
    pub offset: u64,
    /// What is wrong.
    pub why: CarFlaw,
}

/// What is wrong with a header or a section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarFlaw {
    /// The header is not the one encoding of `{"roots": [CID…], "version": 1}`.
    #[error("the header is not `{{\"roots\": [CID…], \"version\": 1}}` in strict dag-cbor: {0}")]
    Header(String),
    /// The length is 0, is not in its shortest form, or is more than a header or a block may have.
    #[error("expected a length from 1 to {0} in its shortest form")]
    Length(u64),
    /// The file ends within the header or the section.
    #[error("the file ends within this header or section: it was cut")]
    Truncated,
    /// The section does not begin with a CID.
    #[error("it does not begin with a CID: {0}")]
    Cid(String),
    /// The CID has a version, codec or hash that this runtime does not use.
    #[error(transparent)]
    Codec(#[from] IdError),
    /// The CID is not the name of the bytes.
    #[error("the block named {named} hashes to {found}")]
    Hash {
        /// The name in the file.
        named: BlockId,
        /// The name that the bytes have.
        found: BlockId,
    },
    /// The CID says dag-cbor, and the bytes are not strict dag-cbor.
    #[error("the block {named}: {why}")]
    NotCanonical {
        /// The name of the block.
        named: BlockId,
        /// What is wrong with the encoding.
        why: CborError,
    },
}
