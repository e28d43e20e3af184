//! Models that are wrong on purpose. Each must fail: a loom that finds nothing here finds nothing elsewhere.

use icn_loom_tests::commit::{Host, Scope};
use icn_loom_tests::{Preemptions, explore};
use loom::sync::atomic::{AtomicU64, Ordering, fence};
use loom::thread;
use std::panic::catch_unwind;
use std::sync::Arc;

/// Why the model failed.
fn failure(model: impl Fn() + Send + Sync + std::panic::UnwindSafe + 'static) -> String {
    let payload = catch_unwind(|| explore(Preemptions::AtMost(2), model)).expect_err("loom found nothing");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

/// A sequence lock of one pair, with the fence that is asked for, and with relaxed atomics otherwise.
fn torn_pairs(with_fences: bool) {
    let fence = move |ordering| {
        if with_fences {
            fence(ordering);
        }
    };
    let cell = Arc::new([(); 3].map(|()| AtomicU64::new(0)));
    let writer = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || {
            let [sequence, left, right] = &*cell;
            sequence.store(1, Ordering::Relaxed);
            fence(Ordering::Release);
            left.store(1, Ordering::Relaxed);
            right.store(1, Ordering::Relaxed);
            fence(Ordering::Release);
            sequence.store(2, Ordering::Relaxed);
        })
    };
    let [sequence, left, right] = &*cell;
    let before = sequence.load(Ordering::Relaxed);
    fence(Ordering::Acquire);
    let pair = [left, right].map(|word| word.load(Ordering::Relaxed));
    fence(Ordering::Acquire);
    let after = sequence.load(Ordering::Relaxed);
    if before == after && before != 1 {
        assert_eq!(pair[0], pair[1], "a torn pair");
    }
    writer.join().unwrap();
}

#[test]
fn a_sequence_lock_without_fences_is_found_out() {
    assert!(failure(|| torn_pairs(false)).contains("a torn pair"));
}

#[test]
fn the_same_sequence_lock_with_fences_holds() {
    explore(Preemptions::Any, || torn_pairs(true));
}

#[test]
fn posting_before_the_hand_over_is_found_out() {
    let found = failure(|| {
        let (host, _log) = Host::new(1);
        let running = {
            let host = Arc::clone(&host);
            thread::spawn(move || {
                let scope = Scope::new();
                let place = scope.reserve(&host).unwrap();
                let receipt = scope.run(&host, 1);
                host.post(1);
                host.hand_over(receipt, place);
            })
        };
        let posted = host.posted();
        assert!(posted.is_empty() || host.entered() == posted, "an effect without a receipt");
        running.join().unwrap();
    });
    assert!(found.contains("an effect without a receipt"), "{found}");
}

#[test]
fn a_hand_over_that_is_checked_but_not_entered_is_found_out() {
    let found = failure(|| {
        let (host, _log) = Host::new(1);
        let old = Scope::new();
        let generation = Arc::clone(&old.generation);
        let running = {
            let host = Arc::clone(&host);
            thread::spawn(move || {
                let place = old.reserve(&host).unwrap();
                let receipt = old.run(&host, 1);
                // A look instead of a section.
                if old.enter().is_some() {
                    host.hand_over(receipt, place);
                }
            })
        };
        while generation.advance().is_none() {
            thread::yield_now();
        }
        let left = host.entered();
        running.join().unwrap();
        assert_eq!(host.entered(), left, "applied after the restart");
    });
    assert!(found.contains("applied after the restart"), "{found}");
}
