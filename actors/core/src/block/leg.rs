//! Legs: a counterpart's signed side of another scope's receipt. Receipt and leg stand in one entry, so both are
//! booked or neither.

use serde::{Deserialize, Serialize};

use super::counterpart::Counterpart;
use super::journal::Operation;
use super::keys::Signer;
use super::ruling;
use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{BlockId, Did, Hash, Origin};

tag!(/** `typ` of a counterpart's leg. */ LegTag, "icn/leg/v1");

/// A counterpart's own side of another scope's receipt.
///
/// Format: docs/formats.md, "Leg".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// The kind.
    pub typ: LegTag,
    /// The log that it belongs to.
    pub log: Origin,
    /// The counterpart, which signs.
    pub scope: Did,
    /// Its place in the counterpart's own sequence.
    pub seq: u64,
    /// The counterpart's block before this one.
    pub prev: BlockId,
    /// The scope whose receipt it is a leg of.
    pub of: Did,
    /// That receipt's envelope, the first leaf of the entry.
    pub receipt: BlockId,
    /// The receipt's time, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The expiries of the counterpart's holds that are due, by deadline and name; then the counterpart's side of the
    /// receipt's operations with it, in the receipt's order.
    pub journal: Vec<Operation>,
    /// The operating key that signs, when the counterpart's own key does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// The root of the counterpart's state. A leg leaves it unchanged.
    pub root: Hash,
}

impl Leg {
    /// Reads a leg's payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let leg: Self = encode::from_bytes("leg", bytes, limits::BLOCK_BYTES_MAX)?;
        ruling::check_words("leg", &leg.journal)?;
        Ok(leg)
    }

    /// The place of the leg, as the receipt names it.
    #[must_use]
    pub const fn place(&self) -> Counterpart {
        Counterpart { scope: self.scope, seq: self.seq, prev: self.prev }
    }
}
