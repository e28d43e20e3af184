//! Many crossings at once, and panics in the middle of one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use icn_runtime::{Did, FaultPoint, Faults, Host, Outcome, RefusalCode};

use crate::common::union::{Town, books_agree};
use crate::common::{Rng, block_on, open_on, open_with, seed, sound};
use crate::helpers::union;

#[test]
fn scopes_that_all_cross_each_other_at_once_end_with_books_that_agree() {
    const EACH: u64 = 40;
    for arbiters in [1, 3] {
        let dir = crate::common::scratch();
        let host = open_on(dir.path(), arbiters);
        let towns = union(&host, 1_000_000);
        let paid: Vec<(u64, u64)> = std::thread::scope(|threads| {
            let pay = |at: usize| {
                let (host, towns) = (&host, &towns);
                move || {
                    let mut rng = Rng::new(seed() + at as u64);
                    let town = &towns[at % 3];
                    let others: Vec<Did> =
                        towns.iter().map(|other| other.scope).filter(|scope| *scope != town.scope).collect();
                    let (mut pending, mut sums) = (Vec::new(), (0, 0));
                    for _ in 0..EACH {
                        let to = match rng.below(3) {
                            0 => &others[..1],
                            1 => &others[1..],
                            _ => &others[..],
                        };
                        pending.push((to.len() as u64, town.submit(host, to, 1).unwrap()));
                    }
                    for (legs, pending) in pending {
                        let committed = block_on(pending)
                            .unwrap_or_else(|e| panic!("{e}: {:?}", block_on(host.alerts())));
                        assert_eq!(committed.receipt.outcome, Outcome::Ok);
                        assert_eq!(committed.receipt.with.len() as u64, legs);
                        sums = (sums.0 + 1, sums.1 + legs);
                    }
                    sums
                }
            };
            let running: Vec<_> = (0..6).map(|at| threads.spawn(pay(at))).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (receipts, legs) = paid.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert_eq!(receipts, 6 * EACH);
        let shops: i128 = towns.iter().map(|town| town.shop(&host)).sum();
        assert_eq!(shops, i128::from(legs));
        books_agree(&host, &towns);
        host.close().unwrap();
        sound(dir.path(), true);
    }
}

#[test]
fn invocations_behind_one_that_crosses_keep_their_turn() {
    let dir = crate::common::scratch();
    let host = open_on(dir.path(), 2);
    let towns = union(&host, 1_000);
    let [east, north, west] = &towns;
    let asked: Vec<(&str, Vec<Did>)> = (0..30)
        .map(|at| match at % 3 {
            0 => ("north", vec![north.scope]),
            1 => ("nobody", vec![]),
            _ => ("west", vec![west.scope]),
        })
        .collect();
    let pending: Vec<_> = asked.iter().map(|(_, to)| east.submit(&host, to, 1).unwrap()).collect();
    let seqs: Vec<u64> = pending.into_iter().map(|pending| block_on(pending).unwrap().receipt.seq).collect();
    assert!(seqs.is_sorted_by(|a, b| a + 1 == *b), "{seqs:?}");
    host.close().unwrap();
    sound(dir.path(), true);
}

/// Panics once, at the so manieth time that a point is met after it was armed.
#[derive(Debug)]
struct Once {
    point: FaultPoint,
    after: AtomicU32,
}

impl Faults for Once {
    fn at(&self, point: FaultPoint) -> bool {
        point == self.point
            && self.after.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                == Ok(1)
    }
}

/// Asks until the scope is back.
fn back(host: &Host, town: &Town) {
    for _ in 0..2_000 {
        match town.pay(host, &[], 1) {
            Ok(_) => return,
            Err(refusal) => {
                assert!(matches!(refusal.code, RefusalCode::Unavailable | RefusalCode::Busy), "{refusal}")
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{} does not come back", town.name);
}

#[test]
fn a_panic_at_any_step_of_a_crossing_leaves_both_sides_or_none() {
    for point in [FaultPoint::Run, FaultPoint::HandOver, FaultPoint::HandedOver] {
        // With the first run, which is dropped, and with the one that others hold still for.
        for after in [1, 2] {
            let dir = crate::common::scratch();
            let once = Arc::new(Once { point, after: AtomicU32::new(0) });
            let host = open_with(dir.path(), once.clone());
            let towns = union(&host, 1_000);
            let [east, north, west] = &towns;
            once.after.store(after, Ordering::SeqCst);
            let id = east.next_id();
            let answers: Vec<_> = (0..2)
                .map(|_| {
                    let answer = east.submit_as(&host, &[north.scope, west.scope], 3, &id).map(block_on);
                    back(&host, east);
                    answer.and_then(|answer| answer)
                })
                .collect();
            towns.iter().for_each(|town| back(&host, town));
            // Whatever the first was answered, the second time it is in the log.
            let again = east.submit_as(&host, &[north.scope, west.scope], 3, &id).map(block_on);
            let again = again.and_then(|answer| answer).unwrap_err();
            assert_eq!(again.code, RefusalCode::Replayed, "{point:?} after {after}: {answers:?}");
            assert_eq!(east.balance(&host, &east.member()), 994, "{point:?} after {after}");
            assert_eq!([north.shop(&host), west.shop(&host)], [3, 3], "{point:?} after {after}");
            books_agree(&host, &towns);
            // They go on with each other.
            assert_eq!(north.pay(&host, &[east.scope, west.scope], 1).unwrap().outcome, Outcome::Ok);
            books_agree(&host, &towns);
            host.close().unwrap();
            sound(dir.path(), true);
        }
    }
}
