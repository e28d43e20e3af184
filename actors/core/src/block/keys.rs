//! Blocks of keys: delegations to operating keys, and their revocations. Who may sign is judged in
//! [`crate::rules::keys`].

use serde::{Deserialize, Serialize};

use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{BlockId, Did, Hash, Origin};

tag!(/** `typ` of a scope's block of keys. */ KeysTag, "icn/keys/v1");

/// The UCAN command that a root delegates to an operating key: signing the scope's blocks.
pub const OPERATE: &str = "/icn/operate";

/// The signer of a scope's block when it is not the scope's own key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The operating key.
    pub key: Did,
    /// The root's delegation to it.
    pub delegation: BlockId,
}

/// A scope's block of keys. Its delegations count from this block on; its revocations count from the next block on.
///
/// Format: docs/formats.md, "Keys".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysBlock {
    /// The kind.
    pub typ: KeysTag,
    /// The log that it belongs to.
    pub log: Origin,
    /// The scope.
    pub scope: Did,
    /// Its place in the scope's own sequence.
    pub seq: u64,
    /// The scope's block before this one.
    pub prev: BlockId,
    /// When, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The operating key that signs, when the root does not. This block itself may bring its delegation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// Delegations that it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegations: Vec<BlockId>,
    /// Revocations that it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocations: Vec<BlockId>,
    /// The root of the scope's state. The block leaves it unchanged.
    pub root: Hash,
}

impl KeysBlock {
    /// Reads the payload.
    ///
    /// # Errors
    /// The bytes are not a block of keys.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("block of keys", bytes, limits::BLOCK_BYTES_MAX)
    }
}
