//! `Audit`: what an audit is asked.

use std::path::{Path, PathBuf};

use icn_core::log::TrustPolicy;

use crate::export::ExportLayout;

/// How much an audit checks. Each level includes the levels before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// CIDs, encodings, signatures, sequence numbers, the tree and the checkpoint.
    Structure,
    /// Authority, states, state roots and balances too.
    #[default]
    Ledger,
    /// Every invocation is run again too, on this program's own engine, and its receipt is compared byte for byte.
    #[cfg(feature = "replay")]
    Replay,
}

/// The name of the level at which every invocation is run again.
pub(super) const REPLAY: &str = "replay";

impl Level {
    /// The name of the level, as in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Ledger => "ledger",
            #[cfg(feature = "replay")]
            Self::Replay => REPLAY,
        }
    }
}

/// The log of an audit, or of a proof. It is only read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A host's data directory.
    Data(PathBuf),
    /// The directory of an export or a publication.
    Export(PathBuf),
}

impl Subject {
    /// The log in this directory: an export if it has a CAR, else a data directory.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        let is_export = ExportLayout::new(dir).car().is_file();
        if is_export { Self::Export(dir.to_owned()) } else { Self::Data(dir.to_owned()) }
    }
}

/// What an audit is asked. Run it with [`Audit::run`].
#[derive(Debug, Clone)]
pub struct Audit {
    /// The log.
    pub subject: Subject,
    /// How much of it is checked.
    pub level: Level,
    /// Signed checkpoints that the auditor has from elsewhere, each with a name for a person. The log must have
    /// been what each of them says.
    pub seen: Vec<(String, String)>,
    /// The policy by which a checkpoint is trusted. Without one, the key in the log's first entry is trusted,
    /// and of an export also its own policy.
    pub trust: Option<TrustPolicy>,
}

impl Audit {
    /// An audit of this log at the usual level, `ledger`.
    #[must_use]
    pub const fn of(subject: Subject) -> Self {
        Self { subject, level: Level::Ledger, seen: Vec::new(), trust: None }
    }
}
