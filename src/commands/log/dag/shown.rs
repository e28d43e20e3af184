//! A block as `icn dag` shows it, and how its kind and links are read from its bytes.

use icn_core::block::Payload;
use icn_core::encode::{Block, DecodeError, Envelope, cbor};
use icn_core::log::Link;
use icn_core::name::Codec;
use icn_runtime::BlockId;

use crate::commands::common::text::line;

/// A block of a log.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) id: BlockId,
    /// Its kind, as `icn/receipt/v1`, `envelope` or `raw`. It has no control characters.
    pub(super) kind: String,
    pub(super) bytes: usize,
    /// Its position in the log, when it is a leaf.
    pub(super) position: Option<u64>,
    pub(super) links: Vec<BlockId>,
    /// The DID of the scope or host that signed the entry, or this leg of it.
    pub(super) author: String,
    /// The position of the entry that brought it.
    pub(super) entry: u64,
}

/// The author of a leaf with this payload, and the leaf's number among the author's.
pub(super) fn link_of(payload: &Block) -> Result<Link, DecodeError> {
    Payload::from_bytes(payload.bytes()).map(|payload| Link::of(&payload))
}

pub(super) fn links_of(block: &Block) -> Vec<BlockId> {
    if block.id().codec() == Codec::Raw {
        return Vec::new();
    }
    cbor::strict(block.bytes()).unwrap_or_default()
}

/// The block's kind, by its form or by the `typ` that it states.
pub(super) fn kind_of(block: &Block) -> String {
    if block.id().codec() == Codec::Raw {
        return "raw".into();
    }
    if Envelope::from_bytes(block.bytes()).is_ok() {
        return "envelope".into();
    }
    Payload::kind(block.bytes()).map_or_else(|| "dag-cbor".into(), line)
}
