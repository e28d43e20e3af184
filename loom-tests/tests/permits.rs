//! Schedules of `Permits`.

use icn_loom_tests::{Preemptions, Sighting, explore};
use icn_sync::Permits;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

#[test]
fn never_more_permits_are_out_than_the_bound() {
    let refused = Sighting::default();
    let noted = refused.clone();
    explore(Preemptions::Any, move || {
        let permits = Permits::new(1);
        let holding = Arc::new(AtomicUsize::new(0));
        let try_once = |permits: &Arc<Permits>, holding: &AtomicUsize| {
            let permit = permits.try_acquire();
            if permit.is_some() {
                assert_eq!(holding.fetch_add(1, Ordering::Relaxed), 0, "two hold the only permit");
                holding.fetch_sub(1, Ordering::Relaxed);
            }
            permit.is_some()
        };
        let threads = [(); 2].map(|()| {
            let (permits, holding) = (Arc::clone(&permits), Arc::clone(&holding));
            thread::spawn(move || try_once(&permits, &holding))
        });
        let mut got = try_once(&permits, &holding);
        for thread in threads {
            let other = thread.join().unwrap();
            noted.note(!other);
            got |= other;
        }
        assert!(got, "all were refused a free permit");
        assert_eq!(permits.in_use(), 0);
    });
    assert!(refused.happened());
}

#[test]
fn the_next_holder_sees_what_the_one_before_did() {
    let passed_on = Sighting::default();
    let noted = passed_on.clone();
    explore(Preemptions::Any, move || {
        let permits = Permits::new(1);
        let done = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (permits, done) = (Arc::clone(&permits), Arc::clone(&done));
            thread::spawn(move || {
                let permit = permits.try_acquire();
                if permit.is_some() {
                    // A load and a store: only the permit keeps the other thread from coming between.
                    done.store(done.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                }
                usize::from(permit.is_some())
            })
        };
        let mut holders = 0;
        let permit = permits.try_acquire();
        if permit.is_some() {
            done.store(done.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            holders += 1;
        }
        drop(permit);
        holders += thread.join().unwrap();
        noted.note(holders == 2);
        assert_eq!(done.load(Ordering::Relaxed), holders);
    });
    assert!(passed_on.happened());
}

#[test]
fn whoever_counts_none_out_sees_what_all_holders_did() {
    let seen = Sighting::default();
    let noted = seen.clone();
    explore(Preemptions::Any, move || {
        let permits = Permits::new(2);
        let done = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let held = [(); 2].map(|()| permits.try_acquire().unwrap());
        let mut threads = Vec::new();
        for (permit, done) in held.into_iter().zip(&done) {
            let done = Arc::clone(done);
            threads.push(thread::spawn(move || {
                done.store(1, Ordering::Relaxed);
                drop(permit);
            }));
        }
        if permits.in_use() == 0 {
            noted.note(true);
            assert!(done.iter().all(|done| done.load(Ordering::Relaxed) == 1));
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(permits.in_use(), 0);
    });
    assert!(seen.happened());
}
