//! Invocations: the request that a caller signs. The gate judges it; this file only reads and writes it.

use serde::{Deserialize, Serialize};

use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{BlockId, Did, InvocationId, Origin};

tag!(/** `typ` of an invocation. */ InvocationTag, "icn/invocation/v1");

/// A caller's signed request: run this entry of this module in this scope of this log, once, before it expires.
///
/// Format: docs/formats.md, "Invocation".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// The kind.
    pub typ: InvocationTag,
    /// The log that its receipt goes to.
    pub log: Origin,
    /// The federation scope.
    pub scope: Did,
    /// The installed module.
    pub module: BlockId,
    /// The entry point.
    pub entry: String,
    /// The bytes that the guest reads as its input.
    #[serde(with = "serde_bytes")]
    pub input: Vec<u8>,
    /// The most fuel that the run may burn.
    pub fuel: u64,
    /// The invocation's id. The scope applies each id at most once, for ever.
    pub id: InvocationId,
    /// The expiry in milliseconds since the Unix epoch. From then on the invocation is refused.
    pub expires: u64,
    /// The identity that signs.
    pub caller: Did,
}

/// The fuel limit of an invocation when the caller does not choose one.
pub const INVOCATION_FUEL_DEFAULT: u64 = 1_000_000_000;

const _: () =
    assert!(INVOCATION_FUEL_DEFAULT <= limits::FUEL_PER_INVOCATION_MAX, "the default is within the limit");

impl Invocation {
    /// An invocation with the default fuel limit, expiring at `expires` (milliseconds since the Unix epoch).
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "each is a field that the caller signs")]
    pub fn new(
        log: &Origin,
        scope: Did,
        module: BlockId,
        entry: &str,
        input: impl Into<Vec<u8>>,
        id: InvocationId,
        caller: Did,
        expires: u64,
    ) -> Self {
        Self {
            typ: InvocationTag,
            log: log.clone(),
            scope,
            module,
            entry: entry.to_owned(),
            input: input.into(),
            fuel: INVOCATION_FUEL_DEFAULT,
            id,
            expires,
            caller,
        }
    }

    /// The same, with that fuel limit.
    #[must_use]
    pub const fn with_fuel(mut self, fuel: u64) -> Self {
        self.fuel = fuel;
        self
    }

    /// Reads an invocation's payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("invocation", bytes, limits::BLOCK_BYTES_MAX)
    }
}
