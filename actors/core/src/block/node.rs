//! Nodes that guests store.

use serde::{Deserialize, Serialize};

use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{BlockId, Did};

tag!(/** `typ` of a node that a guest stored. */ NodeTag, "icn/node/v1");

/// A node that a guest stored.
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

    /// Where the payload of a node's block stands: nothing is copied, and the other fields are not read. Of bytes that
    /// were taken for a node before.
    #[must_use]
    pub fn payload_range(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
        #[derive(Deserialize)]
        struct Part<'a> {
            #[serde(borrow, with = "serde_bytes")]
            payload: &'a [u8],
        }
        let payload = serde_ipld_dagcbor::from_slice::<Part<'_>>(bytes).ok()?.payload;
        // Of the names of the fields it is the last in the one order that dag-cbor has.
        let range = bytes.len().checked_sub(payload.len())?..bytes.len();
        std::ptr::eq(bytes.get(range.clone())?, payload).then_some(range)
    }
}
