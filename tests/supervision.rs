//! What breaks is contained. A scope's actor that panics, at any step, is made anew from the log while the other
//! scopes go on; one that panics too often is quarantined; a disk that fails closes the gate. At every step:
//! what was answered is in the log, what is in the log is applied once, and what is in memory is its fold.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{
    CHIPS, Desk, Kept, block_on, chip, copy, open, open_with, probe_spec, scratch, sound, standing,
};
use futures::FutureExt as _;
use icn_runtime::{
    Committed, Did, FaultPoint, Faults, Host, InvocationId, Outcome, Owner, Pending, Refusal, RefusalCode,
    ScopeError, limits,
};

/// A scope may panic so often before it is quarantined.
const RESTARTS_MAX: u8 = 3;
const _: () = assert!(RESTARTS_MAX as usize == limits::RESTARTS_MAX);

/// Faults that a test arms: at this point, after so many times that nothing happens, so many times.
#[derive(Debug, Default)]
struct Plan(Mutex<Vec<(FaultPoint, u32, u32)>>);

impl Plan {
    fn arm(&self, point: FaultPoint, after: u32, times: u32) {
        self.0.lock().unwrap().push((point, after, times));
    }
    fn disarm(&self) {
        self.0.lock().unwrap().clear();
    }
}

impl Faults for Plan {
    fn at(&self, point: FaultPoint) -> bool {
        let mut armed = self.0.lock().unwrap();
        for (_, after, times) in armed.iter_mut().filter(|(at, ..)| *at == point) {
            if *after > 0 {
                *after -= 1;
            } else if *times > 0 {
                *times -= 1;
                return true;
            }
        }
        false
    }
}

fn broken_host(data: &Path) -> (Host, Arc<Plan>) {
    let plan = Arc::new(Plan::default());
    (open_with(data, plan.clone()), plan)
}

/// Waits until a scope answers again.
fn back(host: &Host, desk: &Desk) {
    for _ in 0..2_000 {
        if block_on(host.view(&desk.scope)).is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the scope does not come back: {:?}", block_on(host.alerts()));
}

fn balance(host: &Host, desk: &Desk, owner: &str) -> i128 {
    block_on(host.account(desk.scope, Owner::parse(owner).unwrap(), chip())).unwrap().balance()
}

/// The log as it is on the disk of a running host that nobody asks anything: it holds, and another host that
/// folds it from zero stands where this one does.
fn memory_is_the_logs_fold(host: &Host, data: &Path) -> Kept {
    let ours = standing(host);
    // A copy, so that the audit goes to the log's end: of a directory in use it reads what the checkpoint covers.
    let elsewhere = scratch();
    copy(data, elsewhere.path());
    let (_, kept) = sound(elsewhere.path(), true);
    for snapshot in common::snapshots(elsewhere.path()) {
        std::fs::remove_file(snapshot).unwrap();
    }
    assert_eq!(standing(&open(elsewhere.path())), ours, "memory is not the fold of the log");
    kept
}

fn unavailable(answer: Result<icn_runtime::Committed, Refusal>) -> Refusal {
    let refusal = answer.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Unavailable, "{refusal}");
    refusal
}

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

#[test]
fn a_disk_that_fails_closes_the_gate_and_nothing_unanswered_is_claimed() {
    for (burst, after) in [(1, 0), (40, 0), (40, 2)] {
        let dir = scratch();
        let (host, plan) = broken_host(dir.path());
        let (ours, theirs) = (Desk::open(&host, "ours"), Desk::open(&host, "theirs"));
        ours.ask(&host, "step", b"good", "good");
        theirs.ask(&host, "step", b"good", "good");
        let before = host.head();
        plan.arm(FaultPoint::Append, after, u32::MAX);
        let submit = |desk: &Desk, at: u32| {
            host.submit(desk.request(&host, "step", &at.to_be_bytes(), &format!("step {at}")))
        };
        // Bursts until the fault is met: how many groups one burst makes is the machine's own affair.
        let mut answers: Vec<(Did, InvocationId, Result<Committed, Refusal>)> = Vec::new();
        let mut steps = 0;
        while answers.iter().all(|(_, _, answer)| answer.is_ok()) {
            let mut pending = Vec::new();
            for at in steps..steps + burst {
                for desk in [&ours, &theirs] {
                    pending.push((desk.scope, desk.id(&format!("step {at}")), submit(desk, at)));
                }
            }
            steps += burst;
            answers.extend(
                pending.into_iter().map(|(scope, id, pending)| (scope, id, pending.and_then(block_on))),
            );
        }
        let good: Vec<_> = answers
            .iter()
            .filter_map(|(scope, id, answer)| {
                answer.as_ref().ok().map(|committed| (*scope, *id, committed.id))
            })
            .collect();
        for (_, _, answer) in &answers {
            if let Err(refusal) = answer {
                assert_eq!(refusal.code, RefusalCode::Unavailable, "{refusal}");
            }
        }
        // Whatever was appended before the fault was answered; nothing else moved the head.
        assert_eq!(host.head().size, before.size + good.len() as u64);
        // Whoever was told finds the gate closed already, and so does everybody else.
        for desk in [&ours, &theirs] {
            let refusal = submit(desk, u32::MAX).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::Unavailable);
            assert!(refusal.message.contains("stopped taking invocations"), "{refusal}");
        }
        let stopped =
            |alert: &String| alert.contains("the host stopped") && alert.contains("fault of the disk");
        assert!(block_on(host.alerts()).iter().any(stopped), "{:?}", block_on(host.alerts()));
        assert!(host.close().is_err(), "a log that stopped cannot be closed well");

        // Replayed, the directory stands where the answers said.
        let (_, kept) = sound(dir.path(), true);
        assert_eq!(kept.0.len(), 2 + good.len());
        let host = open(dir.path());
        for (scope, id, answer) in &answers {
            let found = block_on(host.receipt_of(scope, *id));
            assert_eq!(found, answer.as_ref().ok().map(|committed| committed.id));
        }
        for desk in [&ours, &theirs] {
            for at in 0..steps {
                let again = desk.call(&host, "step", &at.to_be_bytes(), &format!("step {at}"));
                assert!(
                    again.is_ok_and(|done| done.receipt.outcome.is_ok())
                        || good.iter().any(|(scope, id, _)| {
                            (*scope, *id) == (desk.scope, desk.id(&format!("step {at}")))
                        })
                );
            }
            assert_eq!(balance(&host, desk, "till"), i128::from(steps) + 1);
            assert_eq!(balance(&host, desk, "treasury"), i128::from(CHIPS) - i128::from(steps) - 1);
        }
        memory_is_the_logs_fold(&host, dir.path());
    }
}

#[test]
fn a_guest_that_never_ends_does_not_keep_the_other_scopes_of_its_arbiter() {
    const FUEL: u64 = 2_000_000_000;
    let dir = scratch();
    let (host, _) = broken_host(dir.path());
    let (loops, works) = (Desk::open(&host, "loops"), Desk::open(&host, "works"));
    let endless = loops.invocation(&host, "spin", b"", "spin").with_fuel(FUEL);
    let mut spinning = host.submit(icn_runtime::Request::sign(&endless, &loops.admin)).unwrap();
    let behind = host.submit(loops.request(&host, "step", b"behind", "behind")).unwrap();
    let mut served = 0u8;
    let spun = loop {
        match (&mut spinning).now_or_never() {
            Some(answer) => break answer,
            None if served == 20 => break block_on(spinning),
            None => drop(works.ask(&host, "step", &[served], &format!("step {served}"))),
        }
        served += 1;
    };
    // The last one may have been answered when the guest was over; those before were answered while it ran.
    assert!(served >= 4, "{served} invocations were served while the guest ran");
    let spun = spun.unwrap();
    let Outcome::Trapped(trap) = &spun.receipt.outcome else { panic!("{:?}", spun.receipt.outcome) };
    assert_eq!(trap.kind, icn_runtime::TrapKind::OutOfFuel, "fuel ends it, and not the clock");
    assert_eq!(spun.receipt.fuel, FUEL);
    assert!(block_on(behind).unwrap().receipt.outcome.is_ok(), "its own scope goes on behind it");
    host.close().unwrap();
    let (_, kept) = sound(dir.path(), false);
    assert_eq!(kept.0.len(), usize::from(served) + 2);
}

#[test]
fn a_scope_whose_opener_went_away_is_open_or_can_be_opened() {
    for polls in 1..=6 {
        let dir = scratch();
        let host = open(dir.path());
        let desk = Desk::of("ours");
        let opening = || {
            let (key, spec) = probe_spec("ours");
            host.open_scope(key, spec)
        };
        {
            // A caller that gives up after so many looks.
            let mut given_up = std::pin::pin!(opening());
            for _ in 0..polls {
                if given_up.as_mut().now_or_never().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        match block_on(opening()) {
            Ok(_) | Err(ScopeError::Exists(_)) => back(&host, &desk),
            Err(error) => panic!("after {polls} looks: {error}"),
        }
        desk.ask(&host, "step", b"x", "x");
        host.close().unwrap();
        let (report, _) = sound(dir.path(), true);
        assert_eq!(report.scopes, 1);
        open(dir.path()).close().unwrap();
    }
}
