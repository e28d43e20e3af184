//! `Repaired`: what a repair found and did. Its JSON form is in `docs/formats.md`, "The data directory", "Repairs".

use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::report::AuditReport;

/// A damaged place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The byte where the damage begins, as closely as the format tells.
    pub offset: Option<u64>,
    /// The log position of the first entry of the damaged group, where it is known.
    pub position: Option<u64>,
    /// The block, where it is known.
    pub block: Option<String>,
    /// The flaw, for a person.
    pub what: String,
    /// Whether it is repaired: restored, or put aside if the file is derived.
    pub restored: bool,
}

/// A part of the log that could not be restored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Lost {
    /// The log position where it begins.
    pub from: u64,
    /// The log position behind it, where it is known.
    pub to: Option<u64>,
    /// The blocks, where their names are known.
    pub blocks: Vec<String>,
    /// For each source, why it does not have this part.
    pub why: String,
}

/// What a repair did; or, of a dry run, what it would do.
///
/// Format: docs/formats.md, "The data directory".
#[derive(Debug, Clone, serde::Serialize)]
pub struct Repaired {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Whether all damage is repaired, and the audit at the end passed. Of a dry run, whether all damage would
    /// be repaired.
    pub ok: bool,
    /// The name of the log.
    pub origin: String,
    /// The damaged places.
    pub damage: Vec<Damage>,
    /// Files that were written again.
    pub rewritten: Vec<PathBuf>,
    /// Files that were taken away.
    pub removed: Vec<PathBuf>,
    /// The directory where the old files are kept. `None` when no file was replaced or removed.
    pub kept: Option<PathBuf>,
    /// The parts of the log that could not be restored.
    pub lost: Vec<Lost>,
    /// Other notices for a person.
    pub notices: Vec<String>,
    /// The audit of the result. A dry run has none.
    pub audit: Option<AuditReport>,
}

impl Repaired {
    /// The finding of the audit at the end, if it did not pass.
    #[must_use]
    pub fn divergence(&self) -> Option<&Finding> {
        self.audit.as_ref()?.divergence.as_ref()
    }
}

impl Damage {
    /// A file that is damaged as a whole, and is put aside.
    pub(super) fn of_file(file: &Path, what: &str) -> Self {
        let (file, what) = (file.to_owned(), what.to_owned());
        Self { file, offset: None, position: None, block: None, what, restored: true }
    }
}
