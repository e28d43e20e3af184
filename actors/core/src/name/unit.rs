//! Units of account: the runtime's resources and the scopes' tokens, told apart by spelling.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::error::IdError;
use super::text::{as_text, cut};
use crate::limits;

const _: () = {
    let mut at = 0;
    while at < Unit::RESOURCES.len() {
        // A token begins with an upper-case letter, so no token can have the name of a resource.
        assert!(Unit::RESOURCES[at].as_bytes()[0].is_ascii_lowercase(), "a resource's name is in lower case");
        assert!(Unit::RESOURCES[at].len() <= limits::UNIT_BYTES_MAX, "a resource's name fits a unit");
        at += 1;
    }
};

/// The name of a unit of account: a resource of the runtime, or a token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit(Arc<str>);

impl Unit {
    /// Names of the runtime's own resources, in the order of their kinds in the host ABI (which also has `token`).
    pub const RESOURCES: [&'static str; 4] = ["fuel", "storage", "network", "memory"];

    /// Compute, in fuel.
    #[must_use]
    pub fn fuel() -> Self {
        Self(Arc::from("fuel"))
    }
    /// Storage: bytes kept in a scope's state.
    #[must_use]
    pub fn storage() -> Self {
        Self(Arc::from("storage"))
    }
    /// Network: bytes that leave the scope.
    #[must_use]
    pub fn network() -> Self {
        Self(Arc::from("network"))
    }
    /// Memory: 64 KiB pages of guest memory at their peak.
    #[must_use]
    pub fn memory() -> Self {
        Self(Arc::from("memory"))
    }

    /// Parses a token's or a resource's name.
    ///
    /// Format: docs/formats.md, "Identities and names".
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if Self::RESOURCES.contains(&text) {
            return Ok(Self(Arc::from(text)));
        }
        let mut bytes = text.bytes();
        let well_formed = text.len() <= limits::UNIT_BYTES_MAX
            && bytes.next().is_some_and(|b| b.is_ascii_uppercase())
            && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if well_formed { Ok(Self(Arc::from(text))) } else { Err(IdError::Unit(cut(text))) }
    }

    /// Whether this is one of the runtime's resources. No transfer may move a resource.
    #[must_use]
    pub fn is_resource(&self) -> bool {
        Self::RESOURCES.contains(&&*self.0)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

as_text!(Unit);
