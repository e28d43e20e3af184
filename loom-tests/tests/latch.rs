//! Schedules of `Latch`.

use icn_loom_tests::{Preemptions, Sighting, explore};
use icn_sync::Latch;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

#[test]
fn exactly_one_of_those_who_close_is_told_so() {
    explore(Preemptions::Any, || {
        let latch = Arc::new(Latch::new());
        let threads = [(); 2].map(|()| {
            let latch = Arc::clone(&latch);
            thread::spawn(move || usize::from(latch.close()))
        });
        let mut closed = usize::from(latch.close());
        assert!(latch.is_closed());
        closed += threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>();
        assert_eq!(closed, 1);
    });
}

#[test]
fn whoever_finds_it_closed_sees_what_led_to_it() {
    let (open, closed) = (Sighting::default(), Sighting::default());
    let noted = (open.clone(), closed.clone());
    explore(Preemptions::Any, move || {
        let latch = Arc::new(Latch::new());
        let reason = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (latch, reason) = (Arc::clone(&latch), Arc::clone(&reason));
            thread::spawn(move || {
                reason.store(7, Ordering::Relaxed);
                latch.close();
            })
        };
        let is_closed = latch.is_closed();
        noted.0.note(!is_closed);
        noted.1.note(is_closed);
        if is_closed {
            assert_eq!(reason.load(Ordering::Relaxed), 7);
            assert!(latch.is_closed(), "it opened again");
        }
        thread.join().unwrap();
        assert!(latch.is_closed());
    });
    assert!(open.happened() && closed.happened());
}

#[test]
fn whoever_closes_too_late_sees_what_the_first_did() {
    let late = Sighting::default();
    let noted = late.clone();
    explore(Preemptions::Any, move || {
        let latch = Arc::new(Latch::new());
        let reason = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (latch, reason) = (Arc::clone(&latch), Arc::clone(&reason));
            thread::spawn(move || {
                reason.store(7, Ordering::Relaxed);
                latch.close()
            })
        };
        if !latch.close() {
            noted.note(true);
            assert_eq!(reason.load(Ordering::Relaxed), 7);
        }
        thread.join().unwrap();
    });
    assert!(late.happened());
}
