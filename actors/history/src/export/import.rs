//! Makes a data directory from an export: the log, its checkpoint, its verifier key. No secret is in an export, so no
//! host can open the directory before its owner puts `host.key` and `scopes/*.key` back; it can be audited, read and
//! exported.

use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::fold::{Fold, Prepared};
use icn_core::limits;
use icn_core::log::{Frontier, verifier_key};
use icn_core::name::Hash;

use super::read::{CarLog, CarLogError};
use super::{ExportLayout, is_free};
use crate::audit::{Audit, Listener, Subject};
use crate::cosigned;
use crate::directory::{Layout, Lock, LockError};
use crate::disk;
use crate::error::StoreError;
use crate::report::Finding;
use crate::store::{LogStore as _, Reader, SegmentStore};

/// Bytes of blocks that are written as one group, about.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// What was imported.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Imported {
    /// The log.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// Scopes.
    pub scopes: u64,
    /// Receipts.
    pub invocations: u64,
}

/// Why an export is not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is something already.
    #[error("{} is not empty: name a new or an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// The export does not hold. Nothing was created.
    #[error("the export does not hold: {0}")]
    Diverged(Box<Finding>),
    /// The export is another than the one that was audited just before.
    #[error("{0}: the export was changed while it was read; what was written has no checkpoint, remove it")]
    Changed(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The directory is open elsewhere.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// Hears of the progress, and of what the log says of its host and its checkpoint.
struct Ears<'a> {
    progress: &'a mut dyn FnMut(u64),
    verifier: Option<String>,
}

impl Listener for Ears<'_> {
    fn receipt(
        &mut self,
        _: icn_core::name::BlockId,
        _: &icn_core::block::Invocation,
        _: &icn_core::block::Receipt,
    ) {
    }
    fn entry(&mut self, _: &Prepared) {}
    fn folded(&mut self, fold: &Fold) {
        self.verifier = fold.host().map(|host| verifier_key(&host.log, &host.host));
    }
    fn progress(&mut self, leaves: u64) {
        (self.progress)(leaves);
    }
}

/// Imports an export that holds into a new data directory, which then audits as the same. `progress` hears of leaves
/// that were checked.
pub fn import(from: &Path, data: &Path, progress: &mut dyn FnMut(u64)) -> Result<Imported, ImportError> {
    if !is_free(data)? {
        return Err(ImportError::NotEmpty(data.to_owned()));
    }
    let export = ExportLayout::new(from);
    let note_path = export.checkpoint();
    let read_note = || std::fs::read(&note_path).map_err(StoreError::io("reading", &note_path));
    let mut ears = Ears { progress, verifier: None };
    let report = Audit::of(Subject::Export(from.to_owned())).run(&mut ears)?;
    if let Some(finding) = report.divergence {
        return Err(ImportError::Diverged(Box::new(finding)));
    }
    let (note, cosigned) = (read_note()?, cosigned::read_note(&export.cosigned())?);
    let layout = Layout::new(data);
    disk::create_dir(data)?;
    let _lock = Lock::take(&layout)?;
    disk::create_dir(&layout.log())?;
    let root = write(&export, &layout, report.size)?;
    if root.to_hex() != report.root {
        return Err(ImportError::Changed(format!("root {}, audited was {}", root.to_hex(), report.root)));
    }
    // As a host does: only beside a log that has its entries.
    disk::replace(&layout.verifier_key(), format!("{}\n", ears.verifier.unwrap_or_default()).as_bytes())?;
    disk::replace(&layout.checkpoint(), &note)?;
    if let Some(cosigned) = cosigned {
        disk::replace(&layout.cosigned(), cosigned.as_bytes())?;
    }
    Ok(Imported {
        origin: report.origin.unwrap_or_default(),
        size: report.size,
        root: report.root,
        scopes: report.scopes,
        invocations: report.invocations,
    })
}

/// Writes the log up to this size, as one that is kept up to date may have grown since; gives the root over what was written.
fn write(export: &ExportLayout, layout: &Layout, size: u64) -> Result<Hash, ImportError> {
    let mut reader = Reader::new(&layout.log());
    // Nothing is there: this says where a log begins.
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
