//! Through a log's entries, wherever they come from: prepared on all cores, folded in order. While one batch is folded,
//! the next is read and prepared already; there are never more than these two. The first divergence ends it.

use std::thread::{Scope, ScopedJoinHandle};

use icn_core::block::Entry;
use icn_core::replay::{Divergence, Fold, Prepared, Rerunner, Trust, signer_among};

use super::Witness;
use crate::report::Finding;
use crate::store::StoreError;

/// Entries that are looked at together, on all cores.
const BATCH_ENTRIES: usize = 2048;
/// Bytes of their blocks, beyond which no more are taken.
const BATCH_BYTES: usize = 32 * 1024 * 1024;

/// Why a walk ends early.
pub(super) enum Stop {
    Diverged(Finding),
    /// The files cannot be read, which says nothing about what is in them.
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
    /// The entries that come next, each with the position of its first leaf; nothing when there are no more.
    fn next(&mut self) -> Result<Option<Vec<(u64, Entry)>>, Stop>;
    /// Hears of each entry that was folded, and says what does not hold besides.
    fn folded(&mut self, fold: &Fold, entry: &Entry) -> Result<(), Finding>;
}

/// Reads, prepares on all cores, folds in order.
pub(super) fn walk(
    source: &mut dyn Source,
    fold: &mut Fold,
    mut rerunner: Option<&mut dyn Rerunner>,
    witness: &mut dyn Witness,
) -> Result<(), Stop> {
    let mut apply = |looked: Vec<Looked>, source: &mut dyn Source| -> Result<(), Stop> {
        for prepared in looked {
            let prepared = prepared.map_err(|refused| blame(fold, *refused))?;
            let applied = match rerunner.as_mut() {
                Some(rerunner) => fold.apply(prepared, Some(&mut **rerunner))?,
                None => fold.apply(prepared, None)?,
            };
            source.folded(fold, applied.entry()).map_err(Stop::Diverged)?;
            witness.entry(&applied);
            if let Some((invocation, receipt)) = applied.run() {
                witness.receipt(applied.entry().leaves[0], invocation, receipt);
            }
        }
        witness.progress(fold.log().size());
        Ok(())
    };
    std::thread::scope(|scope| {
        // The first entries alone: they say who the host is, and so whose checkpoint counts, before more is read.
        let (entries, mut end) = read(source, 1);
        apply(prepare(scope, entries).finish(), source)?;
        let mut looked = Vec::new();
        while end.is_none() {
            let (entries, following) = read(source, BATCH_ENTRIES);
            let next = prepare(scope, entries);
            apply(std::mem::take(&mut looked), source)?;
            (looked, end) = (next.finish(), following);
        }
        apply(looked, source)?;
        end.unwrap_or(Ok(()))
    })
}

/// Entries with the positions of their first leaves, and the log's end, or why it cannot be read on, if it came.
type Batch = (Vec<(u64, Entry)>, Option<Result<(), Stop>>);

/// Reads the entries that are looked at together next.
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
            // What stands before the damage is still looked at: it may diverge first.
            Err(error) => end = Some(Err(error)),
        }
    }
    (batch, end)
}

/// What an entry that does not hold in itself shows; of a signature, whose it is when it is another author's.
fn blame(fold: &Fold, (mut divergence, entry): (Divergence, Entry)) -> Stop {
    if divergence.what == "signature"
        && let Some(other) = signer_among(&entry, &divergence.block, fold.signers())
    {
        divergence.what = "signer".into();
        divergence.found = format!("a signature of {other}");
    }
    divergence.into()
}

/// An entry that is right in itself; or what is not, and the entry.
type Looked = Result<Prepared, Box<(Divergence, Entry)>>;

/// Entries that are being looked at, on all cores.
struct Preparing<'scope>(Vec<ScopedJoinHandle<'scope, Vec<Looked>>>);

impl Preparing<'_> {
    /// Waits for all of them; the results are in order.
    fn finish(self) -> Vec<Looked> {
        self.0.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    }
}

/// Begins to look at entries alone, on all cores.
fn prepare<'scope>(scope: &'scope Scope<'scope, '_>, batch: Vec<(u64, Entry)>) -> Preparing<'scope> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = batch.len().div_ceil(cores).max(1);
    let mut batch = batch.into_iter();
    let look = |(position, entry)| Prepared::read_or_return(position, entry, Trust::Nobody);
    let mut threads = Vec::new();
    loop {
        let share: Vec<_> = batch.by_ref().take(share).collect();
        if share.is_empty() {
            return Preparing(threads);
        }
        threads.push(scope.spawn(move || share.into_iter().map(look).collect()));
    }
}
