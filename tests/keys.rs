//! A scope's keys through the public API: its root signs offline, an operating key signs on the host until its end date;
//! keys are rotated under load without a gap, and revoked; and whatever happened, the log holds at every level.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::operated::{DAY_S, delegation, now_s, open_operated, operating, revocation, root};
use common::{
    Desk, block_on, copy, key, open, open_with, probe_spec, scratch, snapshots, sound, standing, tree,
};
use icn_core::rules::keys::delegate;
use icn_runtime::export::export;
use icn_runtime::{
    Audit, Did, FaultPoint, Faults, Host, HostOptions, KeysError, Level, RefusalCode, ScopeError, SecretKey,
    Subject, now_ms,
};

/// Audits a directory at every level, and an export of it; gives the keys that signed receipts, in the log's order.
fn holds(data: &Path) -> Vec<Did> {
    for level in [Level::Structure, Level::Ledger] {
        let audit = Audit { level, ..Audit::of(Subject::Data(data.to_owned())) };
        let report = audit.run(&mut ()).unwrap();
        assert!(report.ok, "{}: {}", level.as_str(), report.divergence.unwrap());
        assert!(report.notices.is_empty(), "{:?}", report.notices);
    }
    let (_, kept) = sound(data, true);
    let out = scratch();
    let out = out.path().join("export");
    export(data, &out, &mut |_| {}).unwrap();
    let report = Audit { level: Level::Replay, ..Audit::of(Subject::Export(out)) }.run(&mut ()).unwrap();
    assert!(report.ok, "{}", report.divergence.unwrap());
    kept.0.iter().map(|(_, _, receipt)| receipt.signer.map_or(receipt.scope, |signer| signer.key)).collect()
}

fn signs(host: &Host, desk: &Desk) -> Option<Did> {
    block_on(host.view(&desk.scope)).unwrap().key
}

fn rotate(host: &Host, name: &str, number: usize, seconds: i64) -> Vec<u8> {
    let key = operating(name, number);
    let delegation = delegation(&root(name), &key, seconds);
    block_on(host.rotate_key(&root(name).did(), key, &delegation)).unwrap();
    delegation
}

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

/// The delegation that a scope was opened with, from the log.
fn host_delegation(data: &Path, desk: &Desk) -> Vec<u8> {
    let entries = common::forge::entries(data);
    let delegation = entries[1].blocks.iter().find(|block| {
        icn_runtime::Delegation::read_signed(block.bytes()).is_ok_and(|d| d.subject == Some(desk.scope))
    });
    delegation.unwrap().bytes().to_vec()
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

/// Panics once.
#[derive(Debug)]
struct Once(FaultPoint, AtomicBool);

impl Faults for Once {
    fn at(&self, point: FaultPoint) -> bool {
        point == self.0 && self.1.swap(false, Ordering::SeqCst)
    }
}

#[test]
fn a_scope_that_is_restarted_signs_with_the_key_of_now() {
    let dir = scratch();
    let fault = Arc::new(Once(FaultPoint::HandOver, AtomicBool::new(false)));
    let host = open_with(dir.path(), fault.clone());
    let desk = open_operated(&host, "ours", DAY_S);
    desk.ask(&host, "step", b"one", "one");
    rotate(&host, "ours", 1, DAY_S);
    fault.1.store(true, Ordering::SeqCst);
    desk.call(&host, "step", b"two", "two").unwrap_err();
    while block_on(host.view(&desk.scope)).is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(signs(&host, &desk), Some(operating("ours", 1).did()));
    desk.ask(&host, "step", b"two", "two");
    rotate(&host, "ours", 2, DAY_S);
    desk.ask(&host, "step", b"three", "three");
    host.close().unwrap();
    assert_eq!(holds(dir.path()), [0, 1, 2].map(|number| operating("ours", number).did()));
}

#[test]
fn what_a_crash_leaves_of_a_rotation_is_the_key_before() {
    let dir = scratch();
    let (data, cut) = (dir.path().join("data"), dir.path().join("cut"));
    let host = open(&data);
    let desk = open_operated(&host, "ours", DAY_S);
    desk.ask(&host, "step", b"one", "one");
    common::settled(&host, &data);
    copy(&data, &cut);
    rotate(&host, "ours", 1, DAY_S);
    host.close().unwrap();
    // The key's file is written before the log says anything of it.
    fs::create_dir_all(cut.join("scopes")).unwrap();
    copy(&data.join("scopes"), &cut.join("scopes"));
    assert_eq!(tree(&cut.join("scopes")).len(), 2);
    let host = open(&cut);
    assert_eq!(signs(&host, &desk), Some(operating("ours", 0).did()));
    // And the rotation is done as if it had never begun.
    rotate(&host, "ours", 1, DAY_S);
    desk.ask(&host, "step", b"two", "two");
    host.close().unwrap();
    assert_eq!(holds(&cut), [0, 1].map(|number| operating("ours", number).did()));
    // Without the file of the key of now the one before signs on; without any, the host says which is missing.
    for (name, _) in tree(&data.join("scopes")) {
        if name.to_string_lossy().contains(&operating("ours", 1).did().as_str()["did:key:".len()..]) {
            fs::remove_file(data.join("scopes").join(name)).unwrap();
        }
    }
    let host = open(&data);
    assert_eq!(signs(&host, &desk), Some(operating("ours", 0).did()));
    host.close().unwrap();
    fs::remove_dir_all(data.join("scopes")).unwrap();
    let error = Host::open(HostOptions::new(&data)).unwrap_err().to_string();
    assert!(
        error.contains("it is missing") && error.contains(operating("ours", 1).did().as_str()),
        "{error}"
    );
}

#[test]
fn what_does_not_hold_changes_nothing() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = open_operated(&host, "ours", DAY_S);
    desk.ask(&host, "step", b"one", "one");
    let (before, files) =
        (standing(&host), tree(&dir.path().join("scopes")).into_keys().collect::<BTreeSet<_>>());
    let next = || operating("ours", 1);
    let ours = root("ours");
    let refused = |key: SecretKey, delegation: &[u8]| {
        block_on(host.rotate_key(&desk.scope, key, delegation)).unwrap_err().to_string()
    };
    let good = delegation(&ours, &next(), DAY_S);
    let mut unsigned = good.clone();
    unsigned[10] ^= 1;
    let ended = delegate(&ours, next().did(), None, now_s() - 1, b"").bytes().to_vec();
    for (said, words) in [
        (refused(key("mallory"), &good), "expected a delegation to "),
        (refused(next(), &delegation(&root("theirs"), &next(), DAY_S)), "scope of the delegation"),
        (refused(next(), &unsigned), "signature of the delegation"),
        (refused(next(), &ended), "that has not ended"),
        (refused(next(), b"no UCAN"), "delegation: expected a UCAN"),
        (refused(next(), &revocation(&ours, &good)), "delegation: expected a UCAN"),
        (refused(operating("ours", 0), &host_delegation(dir.path(), &desk)), "did not bring before"),
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let mallory = revocation(&key("mallory"), &good);
    let said = block_on(host.revoke(&desk.scope, &mallory)).unwrap_err().to_string();
    assert!(said.contains("root of the revocation"), "{said}");
    let nobody = block_on(host.revoke(&key("nobody").did(), &revocation(&key("nobody"), &good))).unwrap_err();
    assert!(matches!(nobody, KeysError::Unknown(_)), "{nobody}");
    assert!(matches!(block_on(host.put_keys(&desk.scope, None, &[], &[])), Err(KeysError::Invalid(_))));
    assert_eq!(standing(&host), before);
    assert_eq!(tree(&dir.path().join("scopes")).into_keys().collect::<BTreeSet<_>>(), files);
    desk.ask(&host, "step", b"two", "two");
    // Openings.
    let theirs = root("theirs");
    let operator = || operating("theirs", 0);
    let opening = |to: &SecretKey, time: u64| {
        let (_, spec) = probe_spec("theirs");
        spec.delegation(&delegation(&theirs, to, DAY_S)).opening(host.origin(), theirs.did(), time)
    };
    let (now, good) = (now_ms(), opening(&operator(), now_ms()));
    let envelope = good.sign(&theirs);
    let refused = |opening: icn_runtime::Opening, envelope: &[u8], key: SecretKey| match block_on(
        host.open_operated(opening, envelope, key),
    ) {
        Err(ScopeError::Invalid(what)) => what,
        other => panic!("{other:?}"),
    };
    let early = opening(&operator(), now + 3_600_000);
    let elsewhere = {
        let (_, spec) = probe_spec("theirs");
        let spec = spec.delegation(&delegation(&theirs, &operator(), DAY_S));
        spec.opening(&icn_runtime::Origin::parse("another.example").unwrap(), theirs.did(), now)
    };
    for (said, words) in [
        (refused(good.clone(), &good.sign(&operator()), operator()), "signed by did:key:"),
        (refused(good.clone(), &envelope[1..], operator()), "an envelope has 127 bytes"),
        (refused(good.clone(), &envelope, key("mallory")), "expected a delegation to "),
        (refused(early.clone(), &early.sign(&theirs), operator()), "a time that has come"),
        (refused(elsewhere.clone(), &elsewhere.sign(&theirs), operator()), "for the log"),
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    block_on(host.open_operated(good, &envelope, operator())).unwrap();
    Desk::of("theirs").ask(&host, "step", b"one", "one");
    host.close().unwrap();
    holds(dir.path());
}
