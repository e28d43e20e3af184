//! Operating keys: rotation, end, revocation, and a root on the host.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use icn_runtime::{Did, KeysError, RefusalCode};

use crate::common::operated::{DAY_S, delegation, open_operated, operating, revocation, root};
use crate::common::{Desk, block_on, key, open, scratch, snapshots, standing, tree};
use crate::helpers::{holds, host_delegation, rotate, signs};

#[test]
fn a_scope_is_operated_without_its_root_on_the_host() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = open_operated(&host, "ours", DAY_S);
    let secret = data_encoding::HEXLOWER.encode(&root("ours").to_bytes());
    assert_eq!(signs(&host, &desk), Some(operating("ours", 0).did()));
    desk.ask(&host, "step", b"one", "one");
    // A scope of the older kind beside it.
    let theirs = Desk::open(&host, "theirs");
    theirs.ask(&host, "step", b"one", "one");
    host.close().unwrap();
    for (name, bytes) in tree(dir.path()) {
        let found = bytes.windows(64).any(|part| part == secret.as_bytes())
            || bytes.windows(32).any(|part| part == root("ours").to_bytes());
        assert!(!found, "the root's secret is in {}", name.display());
    }
    // With the snapshot and without.
    for _ in 0..2 {
        let host = open(dir.path());
        assert_eq!(signs(&host, &desk), Some(operating("ours", 0).did()));
        assert_eq!(signs(&host, &theirs), Some(theirs.scope));
        let again = format!("again {}", host.head().size);
        desk.ask(&host, "step", again.as_bytes(), &again);
        host.close().unwrap();
        snapshots(dir.path()).iter().for_each(|path| fs::remove_file(path).unwrap());
    }
    let key = operating("ours", 0).did();
    assert_eq!(holds(dir.path()), [key, theirs.scope, key, key]);
}

#[test]
fn keys_are_rotated_under_load_without_a_gap() {
    const CALLERS: usize = 4;
    let dir = scratch();
    let host = Arc::new(open(dir.path()));
    let desk = Arc::new(open_operated(&host, "ours", DAY_S));
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (host, desk) = (host.clone(), desk.clone());
            let (done, answered) = (done.clone(), answered.clone());
            std::thread::spawn(move || {
                let mut calls = 0;
                while !done.load(Ordering::SeqCst) {
                    // Several at once: the mailbox is never empty while keys change.
                    let pending: Vec<_> = (0..8)
                        .map(|at| format!("{caller} {calls} {at}"))
                        .map(|name| host.submit(desk.request(&host, "step", name.as_bytes(), &name)).unwrap())
                        .collect();
                    for receipt in pending {
                        let receipt = block_on(receipt).expect("nobody is refused");
                        assert!(receipt.receipt.outcome.is_ok());
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                    calls += 1;
                }
            })
        })
        .collect();
    let wait_for_more = |more: usize| {
        let enough = answered.load(Ordering::SeqCst) + more;
        while answered.load(Ordering::SeqCst) < enough && callers.iter().all(|caller| !caller.is_finished()) {
            std::thread::yield_now();
        }
    };
    let mut before = delegation(&root("ours"), &operating("ours", 0), DAY_S);
    for number in 1..5 {
        wait_for_more(50);
        let next = rotate(&host, "ours", number, DAY_S);
        assert_eq!(signs(&host, &desk), Some(operating("ours", number).did()));
        if number % 2 == 0 {
            wait_for_more(20);
            block_on(host.revoke(&desk.scope, &revocation(&root("ours"), &before))).unwrap();
        }
        before = next;
    }
    wait_for_more(50);
    done.store(true, Ordering::SeqCst);
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    let answered = answered.load(Ordering::SeqCst);
    let ours = standing(&host);
    Arc::into_inner(host).unwrap().close().unwrap();
    // The host comes back with the key that signed last, from the snapshot and from the log.
    for from_log in [false, true] {
        if from_log {
            snapshots(dir.path()).iter().for_each(|path| fs::remove_file(path).unwrap());
        }
        let host = open(dir.path());
        assert_eq!(signs(&host, &desk), Some(operating("ours", 4).did()));
        assert_eq!(standing(&host), ours);
        host.close().unwrap();
    }
    let signers = holds(dir.path());
    assert_eq!(
        signers.len(),
        answered,
        "every answer is a receipt of the log, and every receipt was answered"
    );
    let mut order = signers.clone();
    order.dedup();
    let keys: Vec<Did> = (0..5).map(|number| operating("ours", number).did()).collect();
    assert_eq!(order, keys, "each key signs its turn, one after the other");
}

#[test]
fn a_key_that_has_ended_signs_nothing_more_and_is_replaced() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = open_operated(&host, "ours", 3);
    let mut receipts = 0;
    let refusal = loop {
        let name = format!("step {receipts}");
        match desk.call(&host, "step", name.as_bytes(), &name) {
            Ok(_) => receipts += 1,
            Err(refusal) => break refusal,
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert!(receipts > 0);
    assert_eq!(refusal.code, RefusalCode::Unavailable, "{refusal}");
    assert!(refusal.message.contains("delegation has ended"), "{refusal}");
    assert_eq!(signs(&host, &desk), None);
    let alerts = block_on(host.alerts());
    assert_eq!(alerts.iter().filter(|alert| alert.contains("may sign now")).count(), 1, "{alerts:?}");
    host.close().unwrap();
    // The host opens all the same, so that another key can be brought: signed by that key itself.
    let host = open(dir.path());
    let refusal = desk.call(&host, "step", b"later", "later").unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Unavailable, "{refusal}");
    let alerts = block_on(host.alerts());
    assert!(alerts.iter().any(|alert| alert.contains("may sign now")), "{alerts:?}");
    rotate(&host, "ours", 1, DAY_S);
    desk.ask(&host, "step", b"later", "later");
    host.close().unwrap();
    let mut signers = holds(dir.path());
    assert_eq!(signers.len(), receipts + 1);
    signers.dedup();
    assert_eq!(signers, [operating("ours", 0).did(), operating("ours", 1).did()]);
}

#[test]
fn a_revoked_key_signs_nothing_more() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = open_operated(&host, "ours", DAY_S);
    desk.ask(&host, "step", b"one", "one");
    let first = host_delegation(dir.path(), &desk);
    let word = revocation(&root("ours"), &first);
    let (id, position) = block_on(host.revoke(&desk.scope, &word)).unwrap();
    assert_eq!(position, 3);
    assert_eq!(id.to_string().len(), 59);
    for _ in 0..2 {
        let refusal = desk.call(&host, "step", b"two", "two").unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Unavailable, "{refusal}");
    }
    // It is said once, and cannot be said again.
    let again = block_on(host.revoke(&desk.scope, &word)).unwrap_err();
    assert!(matches!(again, KeysError::Refused(_) | KeysError::Invalid(_)), "{again}");
    host.close().unwrap();
    let host = open(dir.path());
    assert_eq!(signs(&host, &desk), None);
    rotate(&host, "ours", 1, DAY_S);
    let again = block_on(host.revoke(&desk.scope, &word)).unwrap_err();
    assert!(matches!(again, KeysError::Invalid(_)), "{again}");
    desk.ask(&host, "step", b"two", "two");
    host.close().unwrap();
    assert_eq!(holds(dir.path()), [0, 1].map(|number| operating("ours", number).did()));
}

#[test]
fn a_root_on_the_host_delegates_and_takes_over_again() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    desk.ask(&host, "step", b"one", "one");
    let first = rotate(&host, "ours", 1, DAY_S);
    desk.ask(&host, "step", b"two", "two");
    block_on(host.revoke(&desk.scope, &revocation(&root("ours"), &first))).unwrap();
    desk.ask(&host, "step", b"three", "three");
    host.close().unwrap();
    // Both in one block.
    let host = open(dir.path());
    let second = operating("ours", 2);
    let brought = delegation(&root("ours"), &second, DAY_S);
    let stolen = delegation(&root("ours"), &key("stolen"), DAY_S);
    let never = revocation(&root("ours"), &stolen);
    block_on(host.put_keys(&desk.scope, Some(second), &[&brought], &[&never])).unwrap();
    desk.ask(&host, "step", b"four", "four");
    // A delegation that was revoked before anybody saw it is worth nothing.
    let error = block_on(host.rotate_key(&desk.scope, key("stolen"), &stolen)).unwrap_err();
    assert!(error.to_string().contains("a delegation that is not revoked"), "{error}");
    assert_eq!(signs(&host, &desk), Some(operating("ours", 2).did()));
    desk.ask(&host, "step", b"five", "five");
    host.close().unwrap();
    let (root, first, second) = (desk.scope, operating("ours", 1).did(), operating("ours", 2).did());
    assert_eq!(holds(dir.path()), [root, first, root, second, second]);
}
