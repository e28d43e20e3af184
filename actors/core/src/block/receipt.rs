//! Receipts: the scope's signed record of one invocation, successful or not. Appending one to the log is the commit.

use serde::{Deserialize, Serialize};

use super::counterpart::Counterpart;
use super::journal::Operation;
use super::keys::Signer;
use super::outcome::Outcome;
use super::ruling;
use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{BlockId, Did, Hash, Origin};

tag!(/** `typ` of a receipt. */ ReceiptTag, "icn/receipt/v1");

/// A change of state: the key, and the value it has from now on, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write(
    /// The key, within the invocation's module.
    #[serde(with = "serde_bytes")]
    pub Vec<u8>,
    /// The new value; absent when the key was deleted.
    pub Option<serde_bytes::ByteBuf>,
);

/// The resources that an invocation consumed, besides fuel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Pages of guest memory (64 KiB) at their peak.
    pub memory: u64,
    /// Bytes that left the scope.
    pub network: u64,
    /// The growth of stored keys and values in bytes; negative when they shrank.
    pub storage: i64,
}

/// A place in the log for a stored node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor(
    /// The node.
    pub BlockId,
    /// The guest's topic for the node.
    pub String,
);

/// A scope's signed record of one invocation.
///
/// Format: docs/formats.md, "Receipt".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The kind.
    pub typ: ReceiptTag,
    /// The log that it belongs to.
    pub log: Origin,
    /// The scope, which signs.
    pub scope: Did,
    /// The operating key that signs for the scope, when its own key does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// Its place in the scope's own sequence; the policy that opened the scope has 0.
    pub seq: u64,
    /// The scope's block before this one.
    pub prev: BlockId,
    /// The invocation's envelope.
    pub invocation: BlockId,
    /// The engine's description: version, settings, limits, cost schedule.
    pub engine: BlockId,
    /// The time that the guest was told, in milliseconds since the Unix epoch.
    pub time: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Fuel charged.
    pub fuel: u64,
    /// The other resources charged.
    pub usage: Usage,
    /// The guest's output.
    #[serde(with = "serde_bytes")]
    pub output: Vec<u8>,
    /// SHA-256 over the guest's log text, when it logged any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged: Option<Hash>,
    /// State that changed, in the order of keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<Write>,
    /// The operations to book: first the expiries of the scope's holds that are due, by deadline and name; then the
    /// operations that the guest asked for, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub journal: Vec<Operation>,
    /// The places of the counterparts' legs, in the order of the counterparts' identities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<Counterpart>,
    /// The nodes that the guest stored, in the order of its calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<BlockId>,
    /// The nodes that follow the receipt in the log as leaves of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<Anchor>,
    /// The root of the scope's state after this.
    pub root: Hash,
}

impl Receipt {
    /// Reads a receipt's payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let receipt: Self = encode::from_bytes("receipt", bytes, limits::BLOCK_BYTES_MAX)?;
        ruling::check_words("receipt", &receipt.journal)?;
        Ok(receipt)
    }

    /// The operations that the guest asked for: the journal without the expiries at its beginning.
    #[must_use]
    pub fn asked(&self) -> &[Operation] {
        Operation::parts(&self.journal).1
    }
}
