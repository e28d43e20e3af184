//! The description of an engine: everything that decides, with module and input, how a run ends. Its bytes are
//! hashed, so a change of one setting is a change of engine.

use serde::{Deserialize, Serialize};

use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::Hash;

tag!(/** `typ` of an engine's description. */ EngineTag, "icn/engine/v1");

/// An engine's description. Every receipt links the one that ran it.
///
/// Format: docs/formats.md, "Engine".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// The kind.
    pub typ: EngineTag,
    /// The engine and its version.
    pub engine: String,
    /// The settings that affect results, each as `name=value`, in order.
    pub settings: Vec<String>,
    /// The version of the cost schedule.
    pub schedule_version: u32,
    /// SHA-256 of the cost schedule's canonical form.
    pub schedule: Hash,
}

impl Engine {
    /// Reads a description.
    ///
    /// # Errors
    /// The bytes are not a description.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("engine's description", bytes, limits::BLOCK_BYTES_MAX)
    }
}
