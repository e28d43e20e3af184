//! Through a log's entries, wherever they come from: prepared on all cores, folded in order. While one batch is folded,
//! the next is read and prepared already; there are never more than these two. The first divergence ends it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread::{Scope, ScopedJoinHandle};

use crossbeam::queue::SegQueue;
use icn_core::block::Entry;
use icn_core::fold::{Divergence, Fold, Prepared, Rerunner, Trust, signer_among};
use icn_core::name::{BlockId, Codec};

use super::Listener;
use crate::error::StoreError;
use crate::report::Finding;

/// Entries that are looked at together, on all cores.
const BATCH_ENTRIES: usize = 2048;
/// Entries that a core takes at once: some milliseconds' work.
const SHARE_ENTRIES: usize = 32;
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
    listener: &mut dyn Listener,
) -> Result<(), Stop> {
    let mut apply = |looked: Vec<Looked>, source: &mut dyn Source| -> Result<(), Stop> {
        for prepared in looked {
            let prepared = prepared.map_err(|refused| blame(fold, *refused))?;
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
struct Preparing<'scope>(Vec<ScopedJoinHandle<'scope, Vec<Share<Looked>>>>);

/// A few entries of a batch, by their number in it.
type Share<T> = (usize, Vec<T>);

impl Preparing<'_> {
    /// Waits for all of them; the results are in order.
    fn finish(self) -> Vec<Looked> {
        // What looks at an entry does not panic through it, so neither does a thread.
        let done =
            self.0.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        let mut shares: Vec<_> = done.flatten().collect();
        shares.sort_unstable_by_key(|(at, _)| *at);
        shares.into_iter().flat_map(|(_, looked)| looked).collect()
    }
}

/// Begins to look at entries alone, on all cores. Each core takes the next few that nobody took, so that none is idle
/// while another has some left: the fold of the batch before runs on one of them.
fn prepare<'scope>(scope: &'scope Scope<'scope, '_>, batch: Vec<(u64, Entry)>) -> Preparing<'scope> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let shares = Arc::new(SegQueue::new());
    let mut batch = batch.into_iter();
    for at in 0.. {
        let share: Vec<_> = batch.by_ref().take(SHARE_ENTRIES).collect();
        if share.is_empty() {
            break;
        }
        shares.push((at, share));
    }
    let look_at_some = |shares: Arc<SegQueue<Share<(u64, Entry)>>>| {
        let taken = std::iter::from_fn(|| shares.pop());
        taken
            .map(|(at, share)| {
                (at, share.into_iter().map(|(position, entry)| look(position, entry)).collect())
            })
            .collect()
    };
    let threads = (0..cores.min(shares.len())).map(|_| {
        let shares = shares.clone();
        scope.spawn(move || look_at_some(shares))
    });
    Preparing(threads.collect())
}

fn look(position: u64, entry: Entry) -> Looked {
    guarded(position, entry, |position, entry| Prepared::read_or_return(position, entry, Trust::Nobody))
}

/// Looks at an entry alone. One that makes the auditor itself fail is named, as all others that do not hold are.
fn guarded(position: u64, entry: Entry, look: impl FnOnce(u64, Entry) -> Looked) -> Looked {
    let first = entry.leaves.first().copied();
    let looked = catch_unwind(AssertUnwindSafe(|| look(position, entry)));
    looked.unwrap_or_else(|_| {
        let divergence = Divergence {
            position,
            block: first.unwrap_or_else(|| BlockId::from_digest(Codec::Raw, &[0; 32])),
            what: "auditor".into(),
            expected: "an entry that the auditor can look at".into(),
            found: "one that made it panic: a defect of the auditor's own".into(),
        };
        Err(Box::new((divergence, Entry { leaves: Vec::new(), blocks: Vec::new() })))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u8) -> Entry {
        Entry { leaves: vec![BlockId::from_digest(Codec::Raw, &[n; 32])], blocks: Vec::new() }
    }

    #[test]
    fn an_entry_that_makes_the_auditor_panic_is_named() {
        let refused = guarded(7, entry(3), |_, _| panic!("a defect")).expect_err("it panicked");
        let (divergence, _) = *refused;
        assert_eq!((divergence.position, divergence.what.as_str()), (7, "auditor"));
        assert_eq!(divergence.block, entry(3).leaves[0]);
    }

    #[test]
    fn entries_keep_their_order_whoever_looks_at_them() {
        let count = u64::try_from(3 * SHARE_ENTRIES + 1).expect("few");
        let batch = (0..count).map(|at| (at, entry(0))).collect();
        let looked = std::thread::scope(|scope| prepare(scope, batch).finish());
        // None of them is an entry, and each says so at its own position.
        let positions: Vec<u64> =
            looked.into_iter().map(|looked| looked.expect_err("no blocks").0.position).collect();
        assert_eq!(positions, (0..count).collect::<Vec<_>>());
    }
}
