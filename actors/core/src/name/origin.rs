//! Names of logs. Every signed payload states one, so a block of one log is refused in another.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::error::IdError;
use super::text::{as_text, cut};
use crate::limits;

/// A log's name. Its checkpoints begin with it, and every signed payload states it, so a block of one log
/// cannot pass as a block of another (C2SP tlog-checkpoint, "origin").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Arc<str>);

impl Origin {
    /// Parses a name. It is also the key name of signed notes, so it has no spaces and no `+` (C2SP signed-note).
    ///
    /// Format: docs/formats.md, "Identities and names".
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
