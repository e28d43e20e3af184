//! What a scope signs about its keys.

use serde::{Deserialize, Serialize};

use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{BlockId, Did, Hash, Origin};

tag!(/** `typ` of a scope's block of keys. */ KeysTag, "icn/keys/v1");

/// The command that a root delegates to an operating key: to sign the scope's blocks.
pub const OPERATE: &str = "/icn/operate";

/// Who signed a block in a scope's name, when it was not the scope's own key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The operating key.
    pub key: Did,
    /// The root's delegation to it.
    pub delegation: BlockId,
}

/// What a scope signs about its keys: delegations that count from here on, and revocations that count behind it.
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
    /// The operating key that signs, when the root does not: also one whose delegation this block brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// Delegations that it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegations: Vec<BlockId>,
    /// Revocations that it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocations: Vec<BlockId>,
    /// The root of the scope's state, which it leaves as it is.
    pub root: Hash,
}

impl KeysBlock {
    /// Reads the payload.
    ///
    /// # Errors
    /// What its bytes are instead.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("block of keys", bytes, limits::BLOCK_BYTES_MAX)
    }
}
