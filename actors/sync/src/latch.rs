//! A flag that closes once and stays closed.
//!
//! The host's gate: when the ledger or the log cannot go on, whoever notices closes it, and nothing is
//! admitted any more until the host comes back by replaying the log.
//!
//! It must never open again: there is no method for it.

use crate::shim::{AtomicBool, Ordering};

/// A flag that closes once and stays closed.
///
/// *Promised.* Exactly one caller of [`close`](Self::close) is told that it was the one. Whoever sees the
/// latch closed also sees everything that the one who closed it had done before.
///
/// *Not promised.* A look is not a lock: what somebody began after it saw the latch open may still end after
/// the closing. Where that matters, either the one who closes is the one who acts (the log closes the gate
/// when a write fails, and it is the only one that appends), or the action runs inside a
/// [`Generation`](crate::Generation) that is retired together with the closing.
#[derive(Debug)]
pub struct Latch {
    closed: AtomicBool,
}

impl Latch {
    /// An open latch.
    #[must_use]
    pub fn new() -> Self {
        Self { closed: AtomicBool::new(false) }
    }

    /// Closes the latch. True for the one caller that closed it, false for all others.
    pub fn close(&self) -> bool {
        // Release: what led to the closing is seen by whoever finds it closed. Acquire: so is a loser.
        !self.closed.swap(true, Ordering::AcqRel)
    }

    /// Whether the latch was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

impl Default for Latch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_latch_starts_open_and_stays_closed() {
        let latch = Latch::default();
        assert!(!latch.is_closed());
        assert!(latch.close());
        assert!(latch.is_closed());
        assert!(!latch.close());
        assert!(latch.is_closed());
    }

    #[test]
    fn one_of_many_closes() {
        let latch = Latch::new();
        let closed = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| latch.close())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).filter(|&won| won).count()
        });
        assert_eq!(closed, 1);
    }
}
