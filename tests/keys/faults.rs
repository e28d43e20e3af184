//! Keys and restarts, crashes, and requests that do not hold.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use icn_core::rules::keys::delegate;
use icn_runtime::{FaultPoint, Faults, Host, HostOptions, KeysError, ScopeError, SecretKey, now_ms};

use crate::common::operated::{DAY_S, delegation, now_s, open_operated, operating, revocation, root};
use crate::common::{Desk, block_on, copy, key, open, open_with, probe_spec, scratch, standing, tree};
use crate::helpers::{holds, host_delegation, rotate, signs};

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
    crate::common::settled(&host, &data);
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
