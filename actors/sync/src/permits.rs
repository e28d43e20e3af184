//! Bounds how many things are in flight at once.
//!
//! A place is taken before the work starts and travels with it: a scope takes one before it runs a guest, the
//! receipt carries it through the log's queue, and it is freed when the receipt is durable. With as many
//! permits as the queue has places, handing over after the reservation cannot find the queue full.
//!
//! Never more than the bound are out, and each is given back once, however its holder ends.

use crate::shim::{Arc, AtomicUsize, Ordering};

/// A bound on what is in flight, counted in [`Permit`]s.
///
/// There is no waiting: when all are out, the caller answers "busy" at once.
///
/// *Promised.* Never more than [`max`](Self::max) permits are out. Whoever gets a permit sees everything that
/// earlier holders did before they gave theirs back; so does whoever reads [`in_use`](Self::in_use).
///
/// *Not promised.* Fairness. A permit that is leaked with [`std::mem::forget`] is lost for good.
#[derive(Debug)]
pub struct Permits {
    in_use: AtomicUsize,
    max: usize,
}

impl Permits {
    /// A bound of `max` permits, all free. A bound of zero admits nobody.
    #[must_use]
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { in_use: AtomicUsize::new(0), max })
    }

    /// Takes one permit, or `None` when all are out.
    #[must_use = "an unused permit is given back at once"]
    pub fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        let mut in_use = self.in_use.load(Ordering::Relaxed);
        loop {
            if in_use >= self.max {
                return None;
            }
            // Acquire pairs with the release in `Permit::drop`: every holder before us is done, and seen.
            match self.in_use.compare_exchange_weak(in_use, in_use + 1, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return Some(Permit { permits: Arc::clone(self) }),
                Err(now) => in_use = now,
            }
        }
    }

    /// How many permits are out at this moment.
    #[must_use]
    pub fn in_use(&self) -> usize {
        let in_use = self.in_use.load(Ordering::Acquire);
        assert!(in_use <= self.max, "{in_use} permits are out of {}", self.max);
        in_use
    }

    /// How many permits there are.
    #[must_use]
    pub fn max(&self) -> usize {
        self.max
    }
}

/// One place in flight. Dropping it gives the place back, in a panic as well.
#[derive(Debug)]
#[must_use = "an unused permit is given back at once"]
pub struct Permit {
    permits: Arc<Permits>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let before = self.permits.in_use.fetch_sub(1, Ordering::Release);
        debug_assert!(before > 0, "a permit was given back twice");
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicUsize as Counter;
    use std::thread;

    #[test]
    fn a_permit_is_given_back_when_it_is_dropped() {
        let permits = Permits::new(2);
        let first = permits.try_acquire().unwrap();
        let second = permits.try_acquire().unwrap();
        assert!(permits.try_acquire().is_none());
        assert_eq!((permits.in_use(), permits.max()), (2, 2));
        drop(first);
        assert_eq!(permits.in_use(), 1);
        let third = permits.try_acquire().unwrap();
        assert!(permits.try_acquire().is_none());
        drop((second, third));
        assert_eq!(permits.in_use(), 0);
    }

    #[test]
    fn a_permit_is_given_back_by_a_panic() {
        let permits = Permits::new(1);
        let permit = permits.try_acquire().unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(move || {
            let _permit = permit;
            panic!("on purpose");
        }));
        assert!(outcome.is_err());
        assert_eq!(permits.in_use(), 0);
    }

    #[test]
    fn a_bound_of_zero_admits_nobody() {
        assert!(Permits::new(0).try_acquire().is_none());
    }

    #[test]
    fn a_permit_may_be_given_back_by_another_thread() {
        let permits = Permits::new(1);
        let permit = permits.try_acquire().unwrap();
        thread::spawn(move || drop(permit)).join().unwrap();
        assert_eq!(permits.in_use(), 0);
    }

    #[test]
    fn threads_never_hold_more_than_the_bound() {
        let permits = Permits::new(3);
        let holding = Counter::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        if let Some(permit) = permits.try_acquire() {
                            assert!(holding.fetch_add(1, Ordering::SeqCst) < 3);
                            assert!(permits.in_use() >= 1);
                            holding.fetch_sub(1, Ordering::SeqCst);
                            drop(permit);
                        }
                    }
                });
            }
        });
        assert_eq!(permits.in_use(), 0);
    }
}
