//! Nodes: blocks that guests store and link to each other.

use serde::{Deserialize, Serialize};

use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{BlockId, Did};

tag!(/** `typ` of a node that a guest stored. */ NodeTag, "icn/node/v1");

/// A node that a guest stored.
///
/// Format: docs/formats.md, "Node".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// The kind.
    pub typ: NodeTag,
    /// The scope that it belongs to.
    pub scope: Did,
    /// The module that stored it.
    pub module: BlockId,
    /// Nodes of the same scope that came before.
    pub parents: Vec<BlockId>,
    /// The guest's bytes.
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}

impl Node {
    /// Reads a node.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("node", bytes, limits::BLOCK_BYTES_MAX)
    }

    /// The range of the payload inside a node's bytes, found without copying or reading the other fields. The bytes
    /// must have been read as a node before.
    #[must_use]
    pub fn payload_range(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
        #[derive(Deserialize)]
        struct Part<'a> {
            #[serde(borrow, with = "serde_bytes")]
            payload: &'a [u8],
        }
        let payload = serde_ipld_dagcbor::from_slice::<Part<'_>>(bytes).ok()?.payload;
        // `payload` is the last field in the order of dag-cbor, so its value ends the bytes.
        let range = bytes.len().checked_sub(payload.len())?..bytes.len();
        debug_assert_eq!(range.len(), payload.len(), "the range has the payload's length");
        std::ptr::eq(bytes.get(range.clone())?, payload).then_some(range)
    }
}
