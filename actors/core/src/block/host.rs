//! The first block of a log, signed by its host. It binds the log's name to the host's key.

use serde::{Deserialize, Serialize};

use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{Did, Origin};

tag!(/** `typ` of a host's first block. */ HostTag, "icn/host/v1");

/// What a host signs as the first entry of its log.
///
/// Format: docs/formats.md, "Host".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostBlock {
    /// The kind.
    pub typ: HostTag,
    /// The log's name.
    pub log: Origin,
    /// The host, which signs this and the log's checkpoints.
    pub host: Did,
    /// When, in milliseconds since the Unix epoch.
    pub time: u64,
}

impl HostBlock {
    /// Reads a host block's payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("host block", bytes, limits::BLOCK_BYTES_MAX)
    }
}
