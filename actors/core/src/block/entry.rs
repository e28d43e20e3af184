//! An entry of the log, and the kinds of signed payloads that begin one.

use serde::Deserialize;

use super::host::{HostBlock, HostTag};
use super::keys::{KeysBlock, KeysTag};
use super::leg::{Leg, LegTag};
use super::policy::{Policy, PolicyTag};
use super::receipt::{Receipt, ReceiptTag};
use crate::encode::{Block, DecodeError};
use crate::name::BlockId;

/// The kind of a signed payload, by its `typ`.
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
    /// The kind that a payload states, without reading the rest of it.
    #[must_use]
    pub fn kind(bytes: &[u8]) -> Option<&str> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            #[serde(borrow)]
            typ: &'a str,
        }
        serde_ipld_dagcbor::from_slice::<Kind<'_>>(bytes).ok().map(|kind| kind.typ)
    }

    /// Reads the payload of an entry of the log, whatever its kind.
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

/// One entry of the log: its leaves in order, the first of which is the envelope that commits it, and the
/// blocks that it brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Leaves of the log's tree.
    pub leaves: Vec<BlockId>,
    /// Blocks: the payload, the envelope, and whatever they link that is new.
    pub blocks: Vec<Block>,
}

impl Entry {
    /// The last so many leaves, which are legs' envelopes where the first is a receipt's that names so many places.
    #[must_use]
    pub fn leg_leaves(&self, legs: usize) -> &[BlockId] {
        let rest = self.leaves.get(1..).unwrap_or_default();
        &rest[rest.len().saturating_sub(legs)..]
    }

    /// The block of this name among those that it brings.
    #[must_use]
    pub fn block(&self, id: &BlockId) -> Option<&Block> {
        self.blocks.iter().find(|b| b.id() == *id)
    }
}
