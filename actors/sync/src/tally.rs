//! Counts of several kinds of events, added to from any thread.

use crate::shim::{AtomicU64, Ordering};

/// So many counters, each only ever added to.
///
/// *Promised.* No addition is lost. *Not promised.* That a reading shows all counters as of one moment.
#[derive(Debug)]
pub struct Tally<const KINDS: usize> {
    counts: [AtomicU64; KINDS],
}

impl<const KINDS: usize> Tally<KINDS> {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Counts one more of a kind; a kind that there is none of is not counted.
    pub fn add(&self, kind: usize) {
        if let Some(count) = self.counts.get(kind) {
            // Relaxed: a count orders nothing.
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All counts.
    #[must_use]
    pub fn read(&self) -> [u64; KINDS] {
        std::array::from_fn(|kind| self.counts[kind].load(Ordering::Relaxed))
    }
}

impl<const KINDS: usize> Default for Tally<KINDS> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Tally;

    #[test]
    fn no_addition_of_any_thread_is_lost() {
        let tally = Tally::<2>::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|n| tally.add(n % 3)));
            }
        });
        assert_eq!(tally.read(), [4 * 334, 4 * 333]);
    }
}
