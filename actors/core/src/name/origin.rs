//! Names of logs.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::error::IdError;
use super::text::{as_text, cut};
use crate::limits;

/// A log's name: what its checkpoints begin with, and what every signed payload states, so that a block
/// of one log is none of another's (C2SP tlog-checkpoint, "origin").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Arc<str>);

impl Origin {
    /// Parses a name: a signed note's key name, so without spaces and `+` (C2SP signed-note).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let well_formed = !text.is_empty()
            && text.len() <= limits::ORIGIN_BYTES_MAX
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        if well_formed { Ok(Self(Arc::from(text))) } else { Err(IdError::Origin(cut(text))) }
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

as_text!(Origin);
