//! `Finding`: the first thing in a log that does not hold, and where (`docs/formats.md`, "The report of an audit").
//!
//! Its code is made from the words of `what`. Programs compare codes, so the words of a `what` never change;
//! the other texts are for people.

use icn_core::fold::Divergence;
use icn_core::log::TrustError;

use crate::checkpoint::{Disagreement, OtherHistory};
use crate::error::StoreError;

/// The first thing that does not hold, and where.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Finding {
    /// `what` as one word, for programs.
    pub code: String,
    /// The log position of the entry, where there is one.
    pub position: Option<u64>,
    /// The CID of the block, where there is one.
    pub block: Option<String>,
    /// The thing that does not hold.
    pub what: String,
    /// What would be right.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// The file, and the byte in it where the bytes themselves are damaged.
    pub place: Option<String>,
}

impl Finding {
    /// A finding without a place.
    pub(crate) fn of(what: &str, expected: &str, found: &dyn std::fmt::Display) -> Self {
        let (code, found) = (code_of(what), found.to_string());
        let (what, expected) = (what.to_owned(), expected.to_owned());
        Self { code, position: None, block: None, what, expected, found, place: None }
    }

    /// The finding at this log position.
    pub(crate) fn at_position(self, position: u64) -> Self {
        Self { position: Some(position), ..self }
    }

    /// The finding at this place, mostly a file.
    pub(crate) fn at_place(self, place: impl std::fmt::Display) -> Self {
        Self { place: Some(place.to_string()), ..self }
    }
}

/// The words of a text with hyphens between, in lower case.
fn code_of(what: &str) -> String {
    let plain = what.replace('\'', "");
    let words: Vec<&str> =
        plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(position) = self.position {
            write!(f, "position {position}, ")?;
        }
        if let Some(block) = &self.block {
            write!(f, "block {block}, ")?;
        }
        if let Some(place) = &self.place {
            write!(f, "{place}, ")?;
        }
        write!(f, "{}: expected {}, found {}", self.what, self.expected, self.found)
    }
}

impl From<Divergence> for Finding {
    fn from(divergence: Divergence) -> Self {
        let Divergence { position, block, what, expected, found } = divergence;
        Self { block: Some(block.to_string()), ..Self::of(&what, &expected, &found).at_position(position) }
    }
}

impl From<StoreError> for Finding {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged { file, offset, position, block, what } => Self {
                block: block.map(|block| block.to_string()),
                ..Self::of("stored bytes", "those that were written", &what)
                    .at_position(position)
                    .at_place(format!("{} at byte {offset}", file.display()))
            },
            other => Self::of("reading the log", "an answer of the disk", &other),
        }
    }
}

impl From<Disagreement> for Finding {
    fn from(error: Disagreement) -> Self {
        match error {
            Disagreement::Unusable(error) => Self::of("checkpoint", "one that the host signed", &error),
            Disagreement::OtherHistory(OtherHistory { size, signed, found }) => {
                Self::of("root of the signed checkpoint", &signed, &found).at_position(size)
            }
        }
    }
}

impl From<&TrustError> for Finding {
    fn from(error: &TrustError) -> Self {
        let what = match error {
            TrustError::Policy(_) => "trust policy",
            TrustError::Note(_) | TrustError::Checkpoint(_) => "checkpoint",
            TrustError::Unsigned(_) | TrustError::Wrong(_) => "signature of the checkpoint",
            TrustError::Origin { .. } => "origin of the checkpoint",
            TrustError::Quorum { .. } => "quorum of the checkpoint",
        };
        Self::of(what, "one to rely on", error)
    }
}
