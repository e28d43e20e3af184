//! Checks entries one by one, each without the others, on all cores. This is where signatures are verified.
//!
//! A batch is cut into shares of a few entries. Each core takes the next share that nobody took, so no core is
//! idle while another has work left; the fold of the batch before runs on one of them meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread::{Scope, ScopedJoinHandle};

use crossbeam::queue::SegQueue;
use icn_core::block::Entry;
use icn_core::fold::{Divergence, Prepared, Trust};
use icn_core::name::{BlockId, Codec};

/// Entries that a core takes at once: some milliseconds of work.
const SHARE_ENTRIES: usize = 32;

/// An entry that is right in itself; or what is wrong with it, and the entry.
pub(super) type Checked = Result<Prepared, Box<(Divergence, Entry)>>;

/// A few items of a batch, and the number of the share in the batch.
type Share<T> = (usize, Vec<T>);

/// Entries that are being checked.
pub(super) struct Preparing<'scope>(Vec<ScopedJoinHandle<'scope, Vec<Share<Checked>>>>);

impl Preparing<'_> {
    /// Waits for all of them. The results are in the order of the entries.
    pub(super) fn finish(self) -> Vec<Checked> {
        // `guarded` catches every panic of a check, so a thread does not panic.
        let done =
            self.0.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        let mut shares: Vec<_> = done.flatten().collect();
        shares.sort_unstable_by_key(|(at, _)| *at);
        shares.into_iter().flat_map(|(_, checked)| checked).collect()
    }
}

/// Begins to check these entries.
pub(super) fn prepare<'scope>(
    scope: &'scope Scope<'scope, '_>,
    batch: Vec<(u64, Entry)>,
) -> Preparing<'scope> {
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
    let threads = (0..cores.min(shares.len())).map(|_| {
        let shares = shares.clone();
        scope.spawn(move || check_shares(&shares))
    });
    Preparing(threads.collect())
}

/// Takes shares and checks them until none is left.
fn check_shares(shares: &SegQueue<Share<(u64, Entry)>>) -> Vec<Share<Checked>> {
    let taken = std::iter::from_fn(|| shares.pop());
    taken
        .map(|(at, share)| (at, share.into_iter().map(|(position, entry)| check(position, entry)).collect()))
        .collect()
}

fn check(position: u64, entry: Entry) -> Checked {
    guarded(position, entry, |position, entry| Prepared::read_or_return(position, entry, Trust::Nobody))
}

/// Checks an entry. If the check panics, which is a defect of the auditor, the entry is named like any other
/// that does not hold.
fn guarded(position: u64, entry: Entry, check: impl FnOnce(u64, Entry) -> Checked) -> Checked {
    let first = entry.leaves.first().copied();
    let checked = catch_unwind(AssertUnwindSafe(|| check(position, entry)));
    checked.unwrap_or_else(|_| {
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
        let checked = std::thread::scope(|scope| prepare(scope, batch).finish());
        // None of them is an entry, and each says so at its own position.
        let positions: Vec<u64> =
            checked.into_iter().map(|checked| checked.expect_err("no blocks").0.position).collect();
        assert_eq!(positions, (0..count).collect::<Vec<_>>());
    }
}
