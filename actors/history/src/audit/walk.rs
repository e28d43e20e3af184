//! Reads a log's entries, wherever they come from, and folds them in order.
//!
//! The steps for each batch: read it; check its entries on all cores (`prepare.rs`); fold it, while the next
//! batch is read and checked. At most two batches are in memory. The first divergence ends the walk. Entries
//! before damage are still folded: one of them may diverge first.

use icn_core::block::Entry;
use icn_core::fold::{Divergence, Fold, Rerunner, signer_among};

use super::listener::Listener;
use super::prepare::{Checked, prepare};
use crate::error::StoreError;
use crate::finding::Finding;

/// Entries of a batch, at most.
const BATCH_ENTRIES: usize = 2048;
/// Bytes of a batch: when its blocks have more, no more entries are added.
const BATCH_BYTES: usize = 32 * 1024 * 1024;

/// Why a walk ends early.
pub(super) enum Stop {
    /// Something does not hold.
    Diverged(Finding),
    /// The files cannot be read, which says nothing about the log in them.
    Unreadable(StoreError),
}

impl From<Divergence> for Stop {
    fn from(divergence: Divergence) -> Self {
        Self::Diverged(divergence.into())
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Self::Unreadable(error)
            }
            _ => Self::Diverged(error.into()),
        }
    }
}

/// Where entries come from.
pub(super) trait Source {
    /// The next entries, each with the position of its first leaf; `None` at the end of the log.
    fn next(&mut self) -> Result<Option<Vec<(u64, Entry)>>, Stop>;
    /// Called after each entry was folded: checks what else the source has against the fold, as checkpoints.
    fn folded(&mut self, fold: &Fold, entry: &Entry) -> Result<(), Finding>;
}

/// Reads, checks and folds all entries.
pub(super) fn walk(
    source: &mut dyn Source,
    fold: &mut Fold,
    mut rerunner: Option<&mut dyn Rerunner>,
    listener: &mut dyn Listener,
) -> Result<(), Stop> {
    let mut apply = |batch: Vec<Checked>, source: &mut dyn Source| -> Result<(), Stop> {
        for checked in batch {
            let prepared = checked.map_err(|refused| name_signer(fold, *refused))?;
            let applied = match rerunner.as_mut() {
                Some(rerunner) => fold.apply(prepared, Some(&mut **rerunner))?,
                None => fold.apply(prepared, None)?,
            };
            source.folded(fold, applied.entry()).map_err(Stop::Diverged)?;
            listener.entry(&applied);
            if let Some((invocation, receipt)) = applied.run() {
                listener.receipt(applied.entry().leaves[0], invocation, receipt);
            }
        }
        listener.progress(fold.log().size());
        Ok(())
    };
    std::thread::scope(|scope| {
        // The first entry by itself: it names the host, so the checkpoint is verified before more is read.
        let (entries, mut end) = read(source, 1);
        apply(prepare(scope, entries).finish(), source)?;
        let mut checked = Vec::new();
        while end.is_none() {
            let (entries, following) = read(source, BATCH_ENTRIES);
            let next = prepare(scope, entries);
            apply(std::mem::take(&mut checked), source)?;
            (checked, end) = (next.finish(), following);
        }
        apply(checked, source)?;
        end.unwrap_or(Ok(()))
    })
}

/// Entries with the positions of their first leaves; and, if it came, the end of the log, or why reading ended.
type Batch = (Vec<(u64, Entry)>, Option<Result<(), Stop>>);

fn read(source: &mut dyn Source, entries_max: usize) -> Batch {
    let mut batch = Vec::with_capacity(entries_max);
    let (mut bytes, mut end) = (0, None);
    while batch.len() < entries_max && bytes < BATCH_BYTES && end.is_none() {
        match source.next() {
            Ok(Some(entries)) => {
                let blocks = entries.iter().flat_map(|(_, entry)| &entry.blocks);
                bytes += blocks.map(|block| block.bytes().len()).sum::<usize>();
                batch.extend(entries);
            }
            Ok(None) => end = Some(Ok(())),
            Err(error) => end = Some(Err(error)),
        }
    }
    (batch, end)
}

/// The divergence of an entry that is wrong in itself. When its signature does not hold and is another
/// author's, it says whose.
fn name_signer(fold: &Fold, (mut divergence, entry): (Divergence, Entry)) -> Stop {
    if divergence.what == "signature"
        && let Some(other) = signer_among(&entry, &divergence.block, fold.signers())
    {
        divergence.what = "signer".into();
        divergence.found = format!("a signature of {other}");
    }
    divergence.into()
}
