//! Scopes that panic are restarted from the log; those that panic too often are quarantined.

use std::time::Duration;

use icn_runtime::{FaultPoint, Outcome, Pending, RefusalCode};

use crate::common::{Desk, block_on, open, scratch, sound};
use crate::helpers::{RESTARTS_MAX, back, balance, broken_host, memory_is_the_logs_fold, unavailable};

/// Panics once at a point before the hand-over, in the middle of a scope's work.
fn before_the_hand_over(point: FaultPoint) {
    let dir = scratch();
    let (host, plan) = broken_host(dir.path());
    let (falls, stands) = (Desk::open(&host, "falls"), Desk::open(&host, "stands"));
    falls.ask(&host, "step", b"one", "one");
    stands.ask(&host, "step", b"one", "one");
    plan.arm(point, 0, 1);
    let refusal = unavailable(falls.call(&host, "step", b"two", "two"));
    assert!(refusal.retry_after_ms.is_some(), "it may come back: {refusal}");
    // The other scope of the same arbiter goes on at once.
    stands.ask(&host, "step", b"two", "two");
    back(&host, &falls);
    assert!(!host.is_quarantined(&falls.scope));
    let alerts = block_on(host.alerts());
    assert!(alerts.iter().any(|alert| alert.contains("panicked") && alert.contains(falls.scope.as_str())));

    // No trace of the second step: not in the log, not in the state, not in the books.
    let kept = memory_is_the_logs_fold(&host, dir.path());
    assert!(!kept.0.iter().any(|(_, invocation, _)| invocation.id == falls.id("two")));
    assert_eq!(block_on(host.receipt_of(&falls.scope, falls.id("two"))), None);
    assert_eq!(block_on(host.value(&falls.scope, falls.module, b"two")), None);
    assert_eq!(balance(&host, &falls, "till"), 1);
    // And so it can be submitted again, word by word.
    falls.ask(&host, "step", b"two", "two");
    assert_eq!(balance(&host, &falls, "till"), 2);
    assert_eq!(balance(&host, &stands, "till"), 2);
    memory_is_the_logs_fold(&host, dir.path());
    host.close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn an_invocation_whose_run_panics_has_no_effect_and_can_be_submitted_again() {
    before_the_hand_over(FaultPoint::Run);
}

#[test]
fn an_invocation_whose_scope_panics_before_the_hand_over_has_no_effect_and_can_be_submitted_again() {
    before_the_hand_over(FaultPoint::HandOver);
}

#[test]
fn an_invocation_whose_scope_panics_after_the_hand_over_is_in_the_log_once() {
    let dir = scratch();
    let (host, plan) = broken_host(dir.path());
    let (falls, stands) = (Desk::open(&host, "falls"), Desk::open(&host, "stands"));
    falls.ask(&host, "step", b"one", "one");
    // The answer comes from the log, and may be here before its scope has gone on: it has once it answers.
    block_on(host.view(&falls.scope)).unwrap();
    plan.arm(FaultPoint::HandedOver, 0, 1);
    // It was in the log's queue: its caller gets the receipt, whatever became of the scope.
    let answer = falls.call(&host, "step", b"two", "two").unwrap();
    assert_eq!(answer.receipt.outcome, Outcome::Ok);
    stands.ask(&host, "step", b"one", "one");
    back(&host, &falls);
    let kept = memory_is_the_logs_fold(&host, dir.path());
    assert_eq!(kept.0.iter().filter(|(_, invocation, _)| invocation.id == falls.id("two")).count(), 1);
    assert_eq!(block_on(host.value(&falls.scope, falls.module, b"two")), Some(b"two".to_vec()));
    assert_eq!(balance(&host, &falls, "till"), 2);
    // Submitted again, it is refused with the receipt that it has.
    let refusal = falls.call(&host, "step", b"two", "two").unwrap_err();
    assert_eq!((refusal.code, refusal.receipt), (RefusalCode::Replayed, Some(answer.id)));
    falls.ask(&host, "step", b"three", "three");
    assert_eq!(balance(&host, &falls, "till"), 3);
    memory_is_the_logs_fold(&host, dir.path());
    host.close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn of_a_burst_that_a_panic_cuts_every_answer_is_in_the_log_and_the_rest_can_be_submitted_again() {
    const BURST: u32 = 30;
    // The ends that a burst without a panic comes to.
    let undisturbed = {
        let dir = scratch();
        let host = open(dir.path());
        let desk = Desk::open(&host, "falls");
        (0..BURST).for_each(|at| drop(desk.ask(&host, "step", &at.to_be_bytes(), &format!("step {at}"))));
        block_on(host.view(&desk.scope)).unwrap().root
    };
    for (point, after) in [
        (FaultPoint::Run, 0),
        (FaultPoint::Run, 11),
        (FaultPoint::HandOver, 5),
        (FaultPoint::HandedOver, 0),
        (FaultPoint::HandedOver, 17),
        (FaultPoint::HandedOver, BURST - 1),
    ] {
        let dir = scratch();
        let (host, plan) = broken_host(dir.path());
        let desk = Desk::open(&host, "falls");
        plan.arm(point, after, 1);
        let submit =
            |at: u32| host.submit(desk.request(&host, "step", &at.to_be_bytes(), &format!("step {at}")));
        let pending: Vec<Option<Pending>> = (0..BURST).map(|at| submit(at).ok()).collect();
        let mut answered = 0;
        let mut again = Vec::new();
        for (at, pending) in (0..).zip(pending) {
            match pending.map(block_on) {
                Some(Ok(committed)) => {
                    assert!(committed.receipt.outcome.is_ok());
                    answered += 1;
                }
                Some(Err(refusal)) => {
                    assert_eq!(refusal.code, RefusalCode::Unavailable, "{point:?} after {after}");
                    again.push(at);
                }
                None => again.push(at),
            }
        }
        back(&host, &desk);
        let kept = memory_is_the_logs_fold(&host, dir.path());
        assert_eq!(
            kept.0.len(),
            answered,
            "{point:?} after {after}: what was not answered is not in the log"
        );
        assert_eq!(balance(&host, &desk, "till"), answered as i128);
        assert!(point == FaultPoint::HandedOver || !again.is_empty());
        for at in again {
            block_on(submit(at).unwrap()).unwrap();
        }
        assert_eq!(balance(&host, &desk, "till"), i128::from(BURST));
        assert_eq!(block_on(host.view(&desk.scope)).unwrap().root, undisturbed);
        let kept = memory_is_the_logs_fold(&host, dir.path());
        assert_eq!(kept.0.len(), BURST as usize, "each once");
    }
}

#[test]
fn a_scope_that_panics_too_often_is_quarantined_while_the_others_go_on() {
    let dir = scratch();
    let (host, plan) = broken_host(dir.path());
    let (falls, stands) = (Desk::open(&host, "falls"), Desk::open(&host, "stands"));
    for at in 0..=RESTARTS_MAX {
        assert!(!host.is_quarantined(&falls.scope));
        falls.ask(&host, "step", &[at], &format!("good {at}"));
        plan.arm(FaultPoint::Run, 0, 1);
        unavailable(falls.call(&host, "step", b"bad", &format!("bad {at}")));
        plan.disarm();
        stands.ask(&host, "step", &[at], &format!("good {at}"));
        if at < RESTARTS_MAX {
            back(&host, &falls);
        }
    }
    while !host.is_quarantined(&falls.scope) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let refusal = host.submit(falls.request(&host, "step", b"late", "late")).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Unavailable);
    assert!(refusal.message.contains("quarantined"), "{refusal}");
    assert_eq!(refusal.retry_after_ms, None, "waiting does not help");
    let quarantines = |alert: &&String| alert.contains("quarantined") && alert.contains(falls.scope.as_str());
    assert_eq!(block_on(host.alerts()).iter().filter(quarantines).count(), 1);
    assert!(!host.is_quarantined(&stands.scope));
    stands.ask(&host, "step", b"late", "late");
    host.close().unwrap();
    let (_, kept) = sound(dir.path(), true);
    assert_eq!(kept.0.len(), 2 * (usize::from(RESTARTS_MAX) + 1) + 1, "the good ones of both");

    // An operator who opens the directory anew has all of it back.
    let host = open(dir.path());
    assert!(!host.is_quarantined(&falls.scope));
    falls.ask(&host, "step", b"late", "late");
    assert_eq!(balance(&host, &falls, "till"), i128::from(RESTARTS_MAX) + 2);
    memory_is_the_logs_fold(&host, dir.path());
}

#[test]
fn a_quarantined_scopes_books_are_those_of_its_log() {
    let dir = scratch();
    let (host, plan) = broken_host(dir.path());
    let falls = Desk::open(&host, "falls");
    for at in 0..=RESTARTS_MAX {
        // After the hand-over: the receipt is in the log, and the scope is gone before it tells the ledger.
        plan.arm(FaultPoint::HandedOver, 0, 1);
        falls.ask(&host, "step", &[at], &format!("step {at}"));
        // Once, and not taken back: the answer may be here before the scope has come to it.
        if at < RESTARTS_MAX {
            back(&host, &falls);
        }
    }
    while !host.is_quarantined(&falls.scope) {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(balance(&host, &falls, "till"), i128::from(RESTARTS_MAX) + 1);
    host.close().unwrap();
    sound(dir.path(), true);
    assert_eq!(balance(&open(dir.path()), &falls, "till"), i128::from(RESTARTS_MAX) + 1);
}
