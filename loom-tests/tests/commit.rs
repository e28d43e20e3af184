//! Schedules of the host's commit protocol.

use icn_loom_tests::commit::{Host, Outcome, Receipt, Scope};
use icn_loom_tests::{Preemptions, Sighting, explore};
use loom::thread;
use std::sync::Arc;

const ALL: Preemptions = Preemptions::Any;

fn names(receipts: &[Receipt]) -> Vec<u8> {
    receipts.iter().map(|receipt| receipt.name).collect()
}

/// Whether each receipt comes after all whose effects it saw.
fn is_a_history(receipts: &[Receipt]) -> bool {
    receipts.iter().enumerate().all(|(index, receipt)| {
        let before = names(&receipts[..index]);
        receipt.seen.iter().all(|name| before.contains(name))
    })
}

/// A scope that invokes once, on a thread of its own.
fn invoking(host: &Arc<Host>, name: u8) -> thread::JoinHandle<Outcome> {
    let host = Arc::clone(host);
    thread::spawn(move || Scope::new().invoke(&host, name))
}

#[test]
fn an_answer_is_never_given_before_its_receipt_is_durable() {
    let answered = Sighting::default();
    let noted = answered.clone();
    explore(ALL, move || {
        let (host, mut log) = Host::new(1);
        let scope = invoking(&host, 1);
        let appending = {
            let host = Arc::clone(&host);
            thread::spawn(move || log.append_group(&host, true))
        };
        for name in host.answered() {
            noted.note(true);
            assert!(names(&host.durable()).contains(&name), "answered, then lost in a crash");
        }
        scope.join().unwrap();
        assert!(appending.join().unwrap());
    });
    assert!(answered.happened());
}

#[test]
fn whoever_was_answered_reads_a_head_that_covers_the_receipt() {
    let answered = Sighting::default();
    let noted = answered.clone();
    explore(ALL, move || {
        let (host, mut log) = Host::new(1);
        assert_eq!(Scope::new().invoke(&host, 1), Outcome::HandedOver);
        let appending = {
            let host = Arc::clone(&host);
            thread::spawn(move || log.append_group(&host, true))
        };
        let has_answer = host.answered() == [1];
        noted.note(has_answer);
        let head = host.heads.read();
        assert!(head.root.iter().all(|&byte| u64::from(byte) == head.size), "{head:?}");
        assert!(!has_answer || head.size == 1);
        // A published head is durable, answered or not.
        assert!(host.durable().len() as u64 >= head.size);
        assert!(appending.join().unwrap());
    });
    assert!(answered.happened());
}

#[test]
fn no_effect_is_seen_before_its_receipt_entered_the_queue() {
    let seen = Sighting::default();
    let noted = seen.clone();
    explore(ALL, move || {
        let (host, mut log) = Host::new(1);
        let scope = invoking(&host, 1);
        let appending = {
            let host = Arc::clone(&host);
            thread::spawn(move || log.append_group(&host, true))
        };
        for name in host.posted() {
            noted.note(true);
            assert!(host.entered().contains(&name), "an effect without a receipt");
        }
        scope.join().unwrap();
        assert!(appending.join().unwrap());
    });
    assert!(seen.happened());
}

#[test]
fn what_depends_on_an_effect_comes_later_in_the_log() {
    let (dependent, apart) = (Sighting::default(), Sighting::default());
    let noted = (dependent.clone(), apart.clone());
    explore(ALL, move || {
        let (host, mut log) = Host::new(2);
        let scopes = [invoking(&host, 1), invoking(&host, 2)];
        assert!(log.append_group(&host, true));
        // A crash now leaves a history that holds.
        let cut = host.durable();
        assert!(is_a_history(&cut), "{cut:?}");
        for scope in scopes {
            assert_eq!(scope.join().unwrap(), Outcome::HandedOver);
        }
        assert!(log.append_group(&host, true));
        let whole = host.durable();
        noted.0.note(whole.iter().any(|receipt| !receipt.seen.is_empty()));
        noted.1.note(cut.len() == 1);
        assert!(is_a_history(&whole), "{whole:?}");
        assert!(whole.starts_with(&cut));
        assert_eq!(names(&whole), host.entered());
    });
    assert!(dependent.happened() && apart.happened());
}

#[test]
fn a_hand_over_after_a_reservation_never_finds_the_queue_full() {
    let (both, busy) = (Sighting::default(), Sighting::default());
    let noted = (both.clone(), busy.clone());
    explore(ALL, move || {
        // `Host::hand_over` asserts the property.
        let (host, mut log) = Host::new(1);
        let scopes = [invoking(&host, 1), invoking(&host, 2)];
        assert!(log.append_group(&host, true));
        let outcomes = scopes.map(|scope| scope.join().unwrap());
        noted.0.note(outcomes == [Outcome::HandedOver; 2]);
        noted.1.note(outcomes.contains(&Outcome::Refused));
        assert!(outcomes.contains(&Outcome::HandedOver), "all were refused a free place");
        assert!(log.append_group(&host, true));
        assert_eq!(host.permits.in_use(), 0, "a place was lost");
    });
    assert!(both.happened() && busy.happened());
}

#[test]
fn after_a_failed_sync_nothing_more_is_appended_or_answered() {
    let refused = Sighting::default();
    let noted = refused.clone();
    explore(ALL, move || {
        let (host, mut log) = Host::new(2);
        assert_eq!(Scope::new().invoke(&host, 1), Outcome::HandedOver);
        let scope = invoking(&host, 2);
        assert!(!log.append_group(&host, false));
        assert!(host.gate.is_closed());
        // The disk is back, the host is not: its memory is ahead of the log.
        assert!(!log.append_group(&host, true));
        noted.note(scope.join().unwrap() == Outcome::Refused);
        assert!(!log.append_group(&host, true));
        assert_eq!(Scope::new().invoke(&host, 3), Outcome::Refused);
        assert!(host.durable().is_empty() && host.answered().is_empty());
        assert_eq!(host.heads.read().size, 0);
    });
    assert!(refused.happened());
}

#[test]
fn after_another_part_closed_the_gate_and_fenced_the_log_nothing_more_is_appended() {
    let (appended, fenced) = (Sighting::default(), Sighting::default());
    let noted = (appended.clone(), fenced.clone());
    explore(ALL, move || {
        let (host, mut log) = Host::new(1);
        assert_eq!(Scope::new().invoke(&host, 1), Outcome::HandedOver);
        let appending = {
            let host = Arc::clone(&host);
            thread::spawn(move || {
                log.append_group(&host, true);
                assert!(!host.gate.is_closed() || !log.append_group(&host, true));
            })
        };
        // The ledger cannot go on. The gate alone would let an append that has begun end later.
        assert!(host.gate.close());
        host.fence.retire();
        while !host.fence.is_drained() {
            thread::yield_now();
        }
        let (durable, answered) = (host.durable(), host.answered());
        noted.0.note(durable.len() == 1);
        noted.1.note(durable.is_empty());
        assert_eq!(names(&durable), answered, "an append ended half way");
        appending.join().unwrap();
        assert_eq!((host.durable(), host.answered()), (durable, answered));
    });
    assert!(appended.happened() && fenced.happened());
}

#[test]
fn a_late_hand_over_of_a_retired_generation_is_never_applied() {
    let (early, late) = (Sighting::default(), Sighting::default());
    let noted = (early.clone(), late.clone());
    explore(ALL, move || {
        let (host, mut log) = Host::new(2);
        let old = Scope::new();
        let generation = Arc::clone(&old.generation);
        let running = {
            let host = Arc::clone(&host);
            thread::spawn(move || old.invoke(&host, 1))
        };
        let stamp = loop {
            match generation.advance() {
                Some(stamp) => break stamp,
                None => thread::yield_now(),
            }
        };
        // The successor takes over what the old one left: receipts and effects are the same, none is half done.
        let left = host.entered();
        assert_eq!(host.posted(), left);
        assert_eq!(Scope::restarted(generation, stamp).invoke(&host, 2), Outcome::HandedOver);
        let outcome = running.join().unwrap();
        noted.0.note(outcome == Outcome::HandedOver);
        noted.1.note(outcome == Outcome::Replaced);
        assert!(log.append_group(&host, true));
        let expected: &[u8] = if outcome == Outcome::HandedOver { &[1, 2] } else { &[2] };
        assert_eq!(names(&host.durable()), expected);
        assert_eq!(host.entered().strip_suffix(&[2]), Some(&left[..]));
        assert_eq!(host.permits.in_use(), 0);
    });
    assert!(early.happened() && late.happened());
}
