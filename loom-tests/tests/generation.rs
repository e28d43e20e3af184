//! Schedules of `Generation`.

use icn_loom_tests::{Preemptions, Sighting, explore};
use icn_sync::{Generation, Stamp};
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

fn advanced(generation: &Generation) -> Stamp {
    loop {
        if let Some(stamp) = generation.advance() {
            return stamp;
        }
        thread::yield_now();
    }
}

#[test]
fn a_late_message_is_never_applied_after_restart() {
    let (early, late) = (Sighting::default(), Sighting::default());
    let noted = (early.clone(), late.clone());
    explore(Preemptions::Any, move || {
        let generation = Arc::new(Generation::new());
        let old = generation.advance().unwrap();
        // The sequence that the messages count up: relaxed, so only the generation orders it.
        let sequence = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (generation, sequence) = (Arc::clone(&generation), Arc::clone(&sequence));
            thread::spawn(move || {
                let inside = generation.enter(old);
                if inside.is_some() {
                    sequence.store(sequence.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                }
                inside.is_some()
            })
        };
        // The successor starts: it takes the sequence over, and nobody else may move it.
        let new = advanced(&generation);
        let taken_over = sequence.load(Ordering::Relaxed);
        assert!(generation.enter(new).is_some());
        let applied = thread.join().unwrap();
        noted.0.note(applied);
        noted.1.note(!applied);
        assert_eq!(sequence.load(Ordering::Relaxed), taken_over, "applied after the restart");
        assert_eq!(taken_over, usize::from(applied));
        assert!(!generation.admits(old) && generation.enter(old).is_none());
    });
    assert!(early.happened() && late.happened());
}

#[test]
fn a_successor_waits_for_all_who_are_inside() {
    explore(Preemptions::AtMost(3), || {
        let generation = Arc::new(Generation::new());
        let old = generation.advance().unwrap();
        let inside = Arc::new(AtomicUsize::new(0));
        let threads = [(); 2].map(|()| {
            let (generation, inside) = (Arc::clone(&generation), Arc::clone(&inside));
            thread::spawn(move || {
                if let Some(_entered) = generation.enter(old) {
                    inside.fetch_add(1, Ordering::Relaxed);
                    inside.fetch_sub(1, Ordering::Relaxed);
                }
            })
        });
        advanced(&generation);
        assert_eq!(inside.fetch_add(0, Ordering::Relaxed), 0, "the successor started too early");
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn whoever_finds_it_drained_sees_all_that_was_done_inside() {
    let drained = Sighting::default();
    let noted = drained.clone();
    explore(Preemptions::Any, move || {
        let generation = Arc::new(Generation::new());
        let stamp = generation.advance().unwrap();
        let done = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (generation, done) = (Arc::clone(&generation), Arc::clone(&done));
            thread::spawn(move || {
                let entered = generation.enter(stamp);
                if entered.is_some() {
                    done.store(1, Ordering::Relaxed);
                }
                usize::from(entered.is_some())
            })
        };
        generation.retire();
        let seen = generation.is_drained().then(|| done.load(Ordering::Relaxed));
        let did = thread.join().unwrap();
        noted.note(seen == Some(1));
        assert!(seen.is_none_or(|seen| seen == did));
        assert!(generation.is_drained());
    });
    assert!(drained.happened());
}

#[test]
fn two_supervisors_never_get_the_same_stamp_and_only_one_counts() {
    explore(Preemptions::Any, || {
        let generation = Arc::new(Generation::new());
        let old = generation.advance().unwrap();
        let thread = {
            let generation = Arc::clone(&generation);
            thread::spawn(move || generation.advance())
        };
        let stamps = [generation.advance(), thread.join().unwrap()];
        assert!(!generation.admits(old));
        assert!(stamps[0].is_some() || stamps[1].is_some(), "nobody was inside, and nobody got a stamp");
        assert_ne!(stamps[0], stamps[1]);
        assert_eq!(stamps.iter().flatten().filter(|&&stamp| generation.admits(stamp)).count(), 1);
    });
}

#[test]
fn retiring_again_never_revives_a_stamp() {
    explore(Preemptions::Any, || {
        let generation = Arc::new(Generation::new());
        let stamp = generation.advance().unwrap();
        let thread = {
            let generation = Arc::clone(&generation);
            thread::spawn(move || {
                generation.retire();
                assert!(generation.enter(stamp).is_none());
            })
        };
        generation.retire();
        assert!(!generation.admits(stamp) && generation.enter(stamp).is_none());
        thread.join().unwrap();
        assert!(generation.is_drained());
    });
}

#[test]
fn whoever_retires_and_counts_nobody_inside_sees_all_that_was_done() {
    let seen = Sighting::default();
    let noted = seen.clone();
    explore(Preemptions::Any, move || {
        let generation = Arc::new(Generation::new());
        let stamp = generation.advance().unwrap();
        let done = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (generation, done) = (Arc::clone(&generation), Arc::clone(&done));
            thread::spawn(move || {
                let entered = generation.enter(stamp);
                if entered.is_some() {
                    done.store(1, Ordering::Relaxed);
                }
                usize::from(entered.is_some())
            })
        };
        let found = (generation.retire() == 0).then(|| done.load(Ordering::Relaxed));
        let did = thread.join().unwrap();
        noted.note(found == Some(1));
        assert!(found.is_none_or(|found| found == did));
    });
    assert!(seen.happened());
}

#[test]
fn whoever_is_refused_sees_what_its_retirer_did_before() {
    let refused = Sighting::default();
    let noted = refused.clone();
    explore(Preemptions::Any, move || {
        let generation = Arc::new(Generation::new());
        let stamp = generation.advance().unwrap();
        let reason = Arc::new(AtomicUsize::new(0));
        // Orders nothing. Without it loom leaves out the schedules in which the retirer is done before
        // `enter` begins: it remembers one last access to an atomic, here the retirer's own load.
        let end = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (generation, reason, end) = (Arc::clone(&generation), Arc::clone(&reason), Arc::clone(&end));
            thread::spawn(move || {
                reason.store(7, Ordering::Relaxed);
                generation.retire();
                end.store(1, Ordering::Relaxed);
            })
        };
        end.load(Ordering::Relaxed);
        if generation.enter(stamp).is_none() {
            noted.note(true);
            assert_eq!(reason.load(Ordering::Relaxed), 7);
        }
        thread.join().unwrap();
    });
    assert!(refused.happened());
}
