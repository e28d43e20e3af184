//! What an audit says: the whole report, and the first thing that does not hold.

use icn_core::fold::Divergence;
use icn_core::log::{TrustError, Trusted};

use crate::checkpoint::HeldError;
use crate::error::StoreError;

/// What an audit found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AuditReport {
    /// Whether everything holds.
    pub ok: bool,
    /// The log, when its first entry could be read.
    pub origin: Option<String>,
    /// Leaves that hold.
    pub size: u64,
    /// The root over them, in hexadecimal.
    pub root: String,
    /// Scopes.
    pub scopes: u64,
    /// Receipts.
    pub invocations: u64,
    /// How much was looked at: `structure`, `ledger` or `replay`.
    pub level: &'static str,
    /// Whether every run was run again.
    pub replayed: bool,
    /// The first thing that does not hold.
    pub divergence: Option<Finding>,
    /// Whether a host has the directory open: then only what its newest checkpoint covers was looked at.
    pub in_use: bool,
    /// What was set aside and derived again, and what else a person should know.
    pub notices: Vec<String>,
    /// The checkpoint that the auditor's policy relies on, when witnesses cosigned it.
    pub cosigned: Option<Cosigned>,
    /// When a signed checkpoint has another root than the log: evidence that others can verify, as the text of a file
    /// (see `docs/formats.md`, "Evidence of a fork").
    pub fork: Option<String>,
}

/// The report for a person, in lines; the last one says whether the audit passed.
impl std::fmt::Display for AuditReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for notice in &self.notices {
            writeln!(f, "note: {notice}")?;
        }
        let origin = self.origin.as_deref().unwrap_or("(unknown)");
        let again = match self.level {
            "structure" => ", structure alone",
            "replay" => ", every run repeated",
            _ => "",
        };
        writeln!(
            f,
            "log {origin}: {} entries hold, of {} scopes with {} invocations{again}",
            self.size, self.scopes, self.invocations
        )?;
        writeln!(f, "root {}", self.root)?;
        if let Some(cosigned) = &self.cosigned {
            let names: Vec<&str> = cosigned.witnesses.iter().map(|(name, _)| name.as_str()).collect();
            writeln!(f, "size {} is cosigned by {}", cosigned.size, names.join(", "))?;
        }
        match &self.divergence {
            None => f.write_str("audit passed"),
            Some(finding) => write!(f, "AUDIT FAILED at {finding}"),
        }
    }
}

/// A checkpoint that witnesses cosigned.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Cosigned {
    /// Leaves.
    pub size: u64,
    /// Who cosigned it, each with the time in seconds since the Unix epoch.
    pub witnesses: Vec<(String, u64)>,
}

impl Cosigned {
    /// What a policy found; nothing when no witness of it cosigned.
    pub(crate) fn of(trusted: &Trusted) -> Option<Self> {
        let (size, witnesses) = (trusted.checkpoint.size, trusted.cosigned.clone());
        (!witnesses.is_empty()).then_some(Self { size, witnesses })
    }
}

/// The first thing that does not hold, and where.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Finding {
    /// `what` as one word, for programs: see `docs/formats.md`, "The report of an audit".
    pub code: String,
    /// The log position of the entry, where there is one.
    pub position: Option<u64>,
    /// The block, where there is one.
    pub block: Option<String>,
    /// What does not hold.
    pub what: String,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// The file and the byte, where the bytes themselves are damaged.
    pub place: Option<String>,
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
        Self {
            position: Some(position),
            block: Some(block.to_string()),
            ..Self::of(&what, &expected, &found)
        }
    }
}

impl From<StoreError> for Finding {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged { file, offset, position, block, what } => Self {
                position: Some(position),
                block: block.map(|block| block.to_string()),
                place: Some(format!("{} at byte {offset}", file.display())),
                ..Self::of("stored bytes", "those that were written", &what)
            },
            other => Self::of("reading the log", "an answer of the disk", &other),
        }
    }
}

impl From<HeldError> for Finding {
    fn from(error: HeldError) -> Self {
        match error {
            HeldError::Unusable(error) => Self::of("checkpoint", "one that the host signed", &error),
            HeldError::OtherHistory { size, signed, found } => {
                Self { position: Some(size), ..Self::of("root of the signed checkpoint", &signed, &found) }
            }
        }
    }
}

impl From<&TrustError> for Finding {
    fn from(error: &TrustError) -> Self {
        let what = match error {
            TrustError::Policy(_) => "trust policy",
            TrustError::Note(_) | TrustError::Checkpoint(_) => "checkpoint",
            TrustError::Unsigned(_) | TrustError::Invalid(_) => "signature of the checkpoint",
            TrustError::Origin { .. } => "origin of the checkpoint",
            TrustError::Quorum { .. } => "quorum of the checkpoint",
        };
        Self::of(what, "one to rely on", error)
    }
}

/// A name for programs: its words with hyphens between.
fn code_of(what: &str) -> String {
    let plain = what.replace('\'', "");
    let words: Vec<&str> =
        plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

impl Finding {
    pub(crate) fn of(what: &str, expected: &str, found: &dyn std::fmt::Display) -> Self {
        let (code, found) = (code_of(what), found.to_string());
        let (what, expected) = (what.to_owned(), expected.to_owned());
        Self { code, position: None, block: None, what, expected, found, place: None }
    }
}
