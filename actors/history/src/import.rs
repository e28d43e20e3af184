//! Makes a data directory from an export: the log, its checkpoint, its verifier key.
//!
//! The export is audited first, and nothing is created from one that does not hold. An export has no secret: no
//! host can open the directory before its owner puts `host.key` and `scopes/*.key` back. The directory can be
//! audited, read and exported.

use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::fold::Fold;
use icn_core::limits;
use icn_core::log::{Frontier, verifier_key};
use icn_core::name::Hash;

use crate::audit::{Audit, Listener, Subject};
use crate::cosigned;
use crate::directory::{Layout, Lock, LockError};
use crate::disk;
use crate::error::StoreError;
use crate::export::{CarLog, CarLogError, ExportLayout};
use crate::finding::Finding;
use crate::report::AuditReport;
use crate::store::{LogStore as _, Reader, SegmentStore};

/// Bytes of blocks in a group: when it has more, the next group begins.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// A finished import.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Imported {
    /// The name of the log.
    pub origin: String,
    /// Leaves of the log.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// Number of scopes.
    pub scopes: u64,
    /// Number of receipts.
    pub invocations: u64,
}

/// Why an export is not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The new directory has files already.
    #[error("{} is not empty: name a new or an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// The export does not hold. Nothing was created.
    #[error("the export does not hold: {0}")]
    Diverged(Box<Finding>),
    /// The export changed after it was audited.
    #[error("{0}: the export was changed while it was read; what was written has no checkpoint, remove it")]
    Changed(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new directory is open in another process.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// Hears the progress of the audit, and the log's verifier key.
struct ImportListener<'a> {
    progress: &'a mut dyn FnMut(u64),
    verifier_key: Option<String>,
}

impl Listener for ImportListener<'_> {
    fn folded(&mut self, fold: &Fold) {
        self.verifier_key = fold.host().map(|host| verifier_key(&host.log, &host.host));
    }
    fn progress(&mut self, leaves: u64) {
        (self.progress)(leaves);
    }
}

/// Imports an export into a data directory, which must be new or empty. `progress` hears how many leaves were
/// checked.
pub fn import(from: &Path, data: &Path, progress: &mut dyn FnMut(u64)) -> Result<Imported, ImportError> {
    if !disk::is_free(data)? {
        return Err(ImportError::NotEmpty(data.to_owned()));
    }
    let export = ExportLayout::new(from);
    let mut listener = ImportListener { progress, verifier_key: None };
    let report = Audit::of(Subject::Export(from.to_owned())).run(&mut listener)?;
    let AuditReport { origin, size, root, scopes, invocations, divergence, .. } = report;
    if let Some(finding) = divergence {
        return Err(ImportError::Diverged(Box::new(finding)));
    }
    let path = export.checkpoint();
    let note = std::fs::read(&path).map_err(StoreError::io("reading", &path))?;
    let cosigned = cosigned::read_note(&export.cosigned())?;
    let layout = Layout::new(data);
    disk::create_dir(data)?;
    let _lock = Lock::take(&layout)?;
    disk::create_dir(&layout.log())?;
    let written = write(&export, &layout, size)?.to_hex();
    if written != root {
        return Err(ImportError::Changed(format!("root {written}, audited was {root}")));
    }
    // These files stand only beside a log that has its entries, as a host writes them.
    let key = format!("{}\n", listener.verifier_key.unwrap_or_default());
    disk::replace(&layout.verifier_key(), key.as_bytes())?;
    disk::replace(&layout.checkpoint(), &note)?;
    if let Some(cosigned) = cosigned {
        disk::replace(&layout.cosigned(), cosigned.as_bytes())?;
    }
    Ok(Imported { origin: origin.unwrap_or_default(), size, root, scopes, invocations })
}

/// Writes the log up to this size, and gives the root over it. A publication may have grown since its audit.
fn write(export: &ExportLayout, layout: &Layout, size: u64) -> Result<Hash, ImportError> {
    let mut reader = Reader::new(&layout.log());
    // The directory is empty: the reader stands at the begin of a log.
    reader.next_group()?;
    let mut store = SegmentStore::open(&layout.log(), &reader)?;
    let mut log = CarLog::open(&export.car())?;
    let mut frontier = Frontier::default();
    let (mut group, mut bytes, mut start) = (Vec::new(), 0, 0);
    loop {
        let next = if frontier.size() < size { log.next_entry() } else { Ok(None) };
        let next = next.map_err(|error| match error {
            CarLogError::Store(error) => ImportError::Store(error),
            other => ImportError::Changed(other.to_string()),
        })?;
        if next.is_none() || group.len() == limits::GROUP_ENTRIES_MAX || bytes > GROUP_BYTES {
            if !group.is_empty() {
                store.append(start, &group.iter().collect::<Vec<&Entry>>())?;
            }
            group.clear();
            (bytes, start) = (0, frontier.size());
        }
        let Some((_, entry)) = next else { break };
        entry.leaves.iter().for_each(|leaf| frontier.append(leaf));
        bytes += entry.blocks.iter().map(|block| block.bytes().len()).sum::<usize>();
        group.push(entry);
    }
    store.close()?;
    Ok(frontier.root())
}
