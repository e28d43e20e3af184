//! Refusals by what has happened and what is under way: repeated ids, empty accounts, full queues; and which of several reasons is given.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use futures::FutureExt as _;
use icn_core::name::Codec;
use icn_runtime::{
    Amount, BlockId, GrantLimits, Host, HostOptions, Invocation, ModuleSpec, Origin, Outcome, Owner,
    RefusalCode, Request, ScopeSpec, SecretKey, Unit, limits,
};

use crate::common::{Desk, block_on, key, open, probe_wasm, scratch, sound};
use crate::helpers::{changed, refused, submit, two_scopes};

#[test]
fn an_id_is_applied_once_for_ever() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let first = desk.call(&host, "step", b"x", "once").unwrap();
    // The same again; the same id for something else; a failed run's id counts as well.
    let failed = desk.call(&host, "fail", b"y", "failed").unwrap();
    assert_eq!(failed.receipt.outcome, Outcome::Failed(7));
    let again = |host: &Host| {
        for (entry, input, name, id) in [
            ("step", b"x".as_slice(), "once", first.id),
            ("put", b"other", "once", first.id),
            ("fail", b"y", "failed", failed.id),
        ] {
            let refusal = refused(host, RefusalCode::Replayed, desk.request(host, entry, input, name));
            assert_eq!(refusal.receipt, Some(id), "it carries the receipt");
        }
    };
    again(&host);
    // Two at once: one is applied, whichever.
    let twins = [desk.request(&host, "step", b"t", "twin"), desk.request(&host, "step", b"t", "twin")];
    let pending = twins.map(|twin| host.submit(twin).unwrap());
    let answers = pending.map(block_on);
    let applied: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(applied.len(), 1);
    let replayed = answers.iter().find_map(|answer| answer.as_ref().err()).unwrap();
    assert_eq!((replayed.code, replayed.receipt), (RefusalCode::Replayed, Some(applied[0].id)));
    // Whatever restarts happen, with the snapshot and without it.
    host.close().unwrap();
    let host = open(dir.path());
    again(&host);
    host.close().unwrap();
    fs::remove_dir_all(dir.path().join("snapshots")).unwrap();
    again(&open(dir.path()));
}

#[test]
fn what_the_scope_cannot_pay_for_is_refused() {
    let dir = scratch();
    let host = open(dir.path());
    let open = |name: &str, spec: ScopeSpec| {
        let module =
            ModuleSpec::of(probe_wasm(), &["state"], &[("put", "anyone"), ("spin", "anyone")]).unwrap();
        let id = module.id();
        let scope = block_on(host.open_scope(key(name), spec.module(module))).unwrap();
        Desk { scope, module: id, admin: key("admin"), member: key("member") }
    };
    let fuel = |desk: &Desk, name: &str, fuel: u64| changed(&host, desk, name, |call| call.fuel = fuel);

    // More than the policy grants for one invocation.
    let modest = ScopeSpec::new("modest").grant(GrantLimits { fuel: 500_000, memory: 8, network: 0 });
    let modest = open("modest", modest);
    let refusal = refused(&host, RefusalCode::Exhausted, fuel(&modest, "over", 500_001));
    assert!(refusal.message.contains("500001") && refusal.message.contains("500000"), "{refusal}");
    assert!(submit(&host, fuel(&modest, "most", 500_000)).unwrap().receipt.outcome.is_ok());

    // A treasury without any of it.
    for unit in [Unit::fuel(), Unit::memory()] {
        let spec = ScopeSpec::new("without").resource(unit.clone(), Amount(0));
        let without = open(&format!("without {unit}"), spec);
        let refusal = refused(&host, RefusalCode::Exhausted, fuel(&without, "none", 500_000));
        assert!(refusal.message.contains(unit.as_str()), "{refusal}");
    }

    // A treasury that runs dry: what is left is never less than zero, and a smaller limit still fits.
    let dry = open("dry", ScopeSpec::new("dry").resource(Unit::fuel(), Amount(2_000_000)));
    let mut runs = 0;
    let refusal = loop {
        match submit(&host, fuel(&dry, &format!("run {runs}"), 600_000)) {
            Ok(done) => assert!(done.receipt.outcome.is_ok(), "{:?}", done.receipt),
            Err(refusal) => break refusal,
        }
        runs += 1;
        assert!(runs < 100);
    };
    assert_eq!(refusal.code, RefusalCode::Exhausted);
    assert!(runs >= 3, "{runs} runs of 600 000 at most out of 2 000 000");
    let left = block_on(host.account(dry.scope, Owner::Treasury, Unit::fuel())).unwrap().balance();
    assert!((0..600_000).contains(&left), "{left}");
    // An endless loop takes the rest, to the last unit.
    let rest = changed(&host, &dry, "rest", |call| {
        call.fuel = u64::try_from(left).unwrap();
        call.entry = "spin".into();
    });
    let spun = submit(&host, rest).unwrap();
    assert!(matches!(spun.receipt.outcome, Outcome::Trapped(_)));
    assert_eq!(block_on(host.account(dry.scope, Owner::Treasury, Unit::fuel())).unwrap().balance(), 0);
    refused(&host, RefusalCode::Exhausted, fuel(&dry, "one", 1));
    host.close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn a_full_mailbox_answers_busy_at_once_and_whatever_was_taken_is_answered() {
    let dir = scratch();
    let host = crate::common::open_on(dir.path(), 1);
    let (loops, works) = (Desk::open(&host, "loops"), Desk::open(&host, "works"));
    let requests: Vec<Request> = (0..limits::SCOPE_MAILBOX_MESSAGES_MAX + 20)
        .map(|at| loops.request(&host, "nothing", b"", &format!("{at}")))
        .collect();
    // Guests that run for longer than the requests take to be judged.
    let mut taken = Vec::new();
    for at in 0..2 {
        let spin = loops.invocation(&host, "spin", b"", &format!("spin {at}")).with_fuel(5_000_000_000);
        taken.push(host.submit(Request::sign(&spin, &loops.admin)).unwrap());
    }
    let mut busy = Vec::new();
    for request in requests {
        match host.submit(request.clone()) {
            Ok(pending) => taken.push(pending),
            Err(refusal) => {
                assert_eq!(refusal.code, RefusalCode::Busy, "{refusal}");
                assert!(refusal.retry_after_ms.is_some_and(|ms| ms > 0), "it says when to come back");
                busy.push(request);
            }
        }
    }
    assert!(!busy.is_empty());
    assert!(taken.len() >= limits::SCOPE_MAILBOX_MESSAGES_MAX, "as many as there are places");
    assert_eq!(host.refusals()[&RefusalCode::Busy], busy.len() as u64);
    // One scope's flood is no other's.
    works.ask(&host, "put", b"x", "meanwhile");
    let answers = taken.len();
    for pending in taken {
        block_on(pending).unwrap();
    }
    for request in busy {
        submit(&host, request).unwrap();
        // Each is taken now, and the ones that were refused left no trace before.
    }
    let view = block_on(host.view(&loops.scope)).unwrap();
    assert_eq!(view.invocations, limits::SCOPE_MAILBOX_MESSAGES_MAX + 20 + 2);
    assert!(answers < view.invocations);
}

#[test]
fn a_host_whose_instances_are_all_taken_answers_busy() {
    let dir = scratch();
    let mut options = HostOptions::new(dir.path());
    options.arbiters = Some(1);
    options.engine.instances_max = 1;
    let host = Host::open(options).unwrap();
    let (loops, works) = (Desk::open(&host, "loops"), Desk::open(&host, "works"));
    let spin = loops.invocation(&host, "spin", b"", "spin").with_fuel(300_000_000);
    let mut spin = host.submit(Request::sign(&spin, &loops.admin)).unwrap();
    // Whoever comes when the other has the only slot is told so; who that is, the schedule decides.
    let mut at = 0;
    let refusal = loop {
        match (&mut spin).now_or_never() {
            Some(Ok(_)) => panic!("the slot was never taken"),
            Some(Err(refusal)) => break refusal,
            None => {}
        }
        match works.call(&host, "nothing", b"", &format!("{at}")) {
            Ok(_) => at += 1,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal.code, RefusalCode::Busy);
    assert!(refusal.retry_after_ms.is_some(), "it says when to come back");
    let _ = block_on(spin);
    works.ask(&host, "nothing", b"", "afterwards");
}

#[test]
fn when_several_reasons_apply_the_first_of_the_order_is_given() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    // Everything is wrong with it; then one thing after the other is put right.
    let right = desk.invocation(&host, "put", b"x", "before");
    let mut call = right.clone();
    call.fuel = 0;
    call.log = Origin::parse("icn.example/another").unwrap();
    call.scope = key("nobody's scope").did();
    call.expires = 1;
    call.caller = key("stranger").did();
    call.module = BlockId::of(Codec::Raw, b"another module");
    call.entry = "another".into();
    let mut signer = key("somebody else");
    let mut codes = Vec::new();
    type Right<'a> = Box<dyn Fn(&mut Invocation, &mut SecretKey) + 'a>;
    let steps: Vec<Right<'_>> = vec![
        Box::new(|call, _| call.fuel = right.fuel),
        Box::new(|call, _| call.log = right.log.clone()),
        Box::new(|call, _| call.scope = right.scope),
        Box::new(|call, _| call.expires = right.expires),
        Box::new(|_, signer| *signer = key("stranger")),
        Box::new(|call, _| call.module = right.module),
        Box::new(|call, _| call.entry.clone_from(&right.entry)),
        Box::new(|call, signer| {
            call.caller = right.caller;
            *signer = key("ours member");
        }),
    ];
    for step in steps {
        codes.push(submit(&host, Request::sign(&call, &signer)).unwrap_err().code);
        step(&mut call, &mut signer);
    }
    // Its id was used: the last thing that is wrong.
    codes.push(submit(&host, Request::sign(&call, &signer)).unwrap_err().code);
    use RefusalCode as R;
    assert_eq!(
        codes,
        [
            R::Malformed,
            R::WrongLog,
            R::UnknownScope,
            R::Expired,
            R::BadSignature,
            R::UnknownModule,
            R::UnknownEntry,
            R::Denied,
            R::Replayed
        ]
    );
    assert!(codes.is_sorted(), "in the order of their numbers");
}

#[test]
fn every_code_has_its_counter_and_its_name() {
    let dir = scratch();
    let host = open(dir.path());
    let counts: BTreeMap<RefusalCode, u64> = host.refusals();
    assert_eq!(counts.len(), RefusalCode::ALL.len());
    assert!(counts.values().all(|count| *count == 0));
    let names: BTreeSet<&str> = RefusalCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), RefusalCode::ALL.len());
}
