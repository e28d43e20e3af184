//! An entry of the log: the unit of commit. It has leaves of the log's tree and the blocks that the leaves need.

use serde::Deserialize;

use super::host::{HostBlock, HostTag};
use super::keys::{KeysBlock, KeysTag};
use super::leg::{Leg, LegTag};
use super::policy::{Policy, PolicyTag};
use super::receipt::{Receipt, ReceiptTag};
use crate::encode::{Block, DecodeError};
use crate::name::BlockId;

/// The kind of a signed payload, as its `typ` states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// A host's first block.
    Host(HostBlock),
    /// A policy.
    Policy(Box<Policy>),
    /// A receipt.
    Receipt(Box<Receipt>),
    /// A counterpart's leg.
    Leg(Box<Leg>),
    /// A block of keys.
    Keys(Box<KeysBlock>),
}

impl Payload {
    /// Reads the kind that a payload states, and nothing else of it.
    #[must_use]
    pub fn kind(bytes: &[u8]) -> Option<&str> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            #[serde(borrow)]
            typ: &'a str,
        }
        serde_ipld_dagcbor::from_slice::<Kind<'_>>(bytes).ok().map(|kind| kind.typ)
    }

    /// Reads the payload of an entry of the log, of any kind.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let malformed = |why: String| DecodeError::Malformed { what: "signed payload", why };
        match Self::kind(bytes).ok_or_else(|| malformed("not a dag-cbor map with a text `typ`".into()))? {
            ReceiptTag::TEXT => Receipt::from_bytes(bytes).map(|r| Self::Receipt(Box::new(r))),
            LegTag::TEXT => Leg::from_bytes(bytes).map(|leg| Self::Leg(Box::new(leg))),
            PolicyTag::TEXT => Policy::from_bytes(bytes).map(|p| Self::Policy(Box::new(p))),
            HostTag::TEXT => HostBlock::from_bytes(bytes).map(Self::Host),
            KeysTag::TEXT => KeysBlock::from_bytes(bytes).map(|k| Self::Keys(Box::new(k))),
            other => Err(malformed(format!("its `typ` is `{other}`, which no entry of a log has"))),
        }
    }
}

/// One entry of the log: its leaves in order, and the blocks that it brings along. The first leaf is the envelope
/// that commits the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Leaves of the log's tree.
    pub leaves: Vec<BlockId>,
    /// The payload, the envelope, and the new blocks that they link.
    pub blocks: Vec<Block>,
}

impl Entry {
    /// The last `count` leaves. They are the envelopes of legs when the first leaf is a receipt's that names so
    /// many places.
    #[must_use]
    pub fn leg_leaves(&self, legs: usize) -> &[BlockId] {
        let rest = self.leaves.get(1..).unwrap_or_default();
        let found = &rest[rest.len().saturating_sub(legs)..];
        debug_assert_eq!(found.len(), legs.min(rest.len()), "as many as asked for, or all there are");
        found
    }

    /// The block with this name among those that the entry brings.
    #[must_use]
    pub fn block(&self, id: &BlockId) -> Option<&Block> {
        let found = self.blocks.iter().find(|block| block.id() == *id);
        debug_assert!(found.is_none_or(|block| id.names(block.bytes())), "a block's bytes hash to its name");
        found
    }
}
