//! Bad input, from whomever: refused with a code of its own and words that say what would be right, counted, and
//! without a trace. First what the gate and a scope refuse, one by one, through `Host::submit`; then modules and
//! policies that a scope is not opened with; then files and directories that the program is given.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use common::{
    Desk, block_on, chip, demo, icn, key, manifest, open, probe_spec, probe_wasm, run, samples, scratch,
    settled, sound, standing, stderr, stdout, tree, wasm,
};
use futures::FutureExt as _;
use icn_core::encode::{Block, Domain};
use icn_core::name::Codec;
use icn_runtime::{
    Amount, BlockId, Did, GrantLimits, Host, HostOptions, Invocation, ModuleSpec, Origin, Outcome, Owner,
    Refusal, RefusalCode, Request, ScopeError, ScopeSpec, SecretKey, Unit, limits, now_ms,
};

/// Submits, wherever it is refused.
fn submit(host: &Host, request: Request) -> Result<icn_runtime::Committed, Refusal> {
    host.submit(request).and_then(block_on)
}

/// Submits what must be refused: with this code, counted once, and without a trace.
fn refused(host: &Host, code: RefusalCode, request: Request) -> Refusal {
    let (before, counts) = (standing(host), host.refusals());
    let refusal = submit(host, request).unwrap_err();
    assert_eq!(refusal.code, code, "{refusal}");
    assert!(refusal.message.len() > 10, "it says what was wrong: {refusal}");
    let mut expected = counts;
    *expected.entry(code).or_default() += 1;
    assert_eq!(host.refusals(), expected);
    assert_eq!(standing(host), before, "{refusal} changed something");
    refusal
}

/// A host with two scopes, and the first one's desk.
fn two_scopes(data: &Path) -> (Host, Desk) {
    let host = open(data);
    let desk = Desk::open(&host, "ours");
    Desk::open(&host, "theirs");
    desk.ask(&host, "step", b"before", "before");
    (host, desk)
}

/// The request for an invocation that was changed before it was signed.
fn changed(host: &Host, desk: &Desk, name: &str, change: impl FnOnce(&mut Invocation)) -> Request {
    let mut invocation = desk.invocation(host, "put", b"x", name);
    change(&mut invocation);
    Request::sign(&invocation, &desk.member)
}

#[test]
fn what_is_too_large_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let good = desk.request(&host, "put", b"x", "x");
    for (envelope, payload) in [
        (good.envelope.clone(), vec![0; limits::BLOCK_BYTES_MAX + 1]),
        (vec![0; limits::BLOCK_BYTES_MAX + 1], good.payload.clone()),
    ] {
        refused(&host, RefusalCode::TooLarge, Request { envelope, payload });
    }
    let over = vec![0; limits::INPUT_BYTES_MAX + 1];
    let refusal = refused(&host, RefusalCode::TooLarge, desk.request(&host, "nothing", &over, "over"));
    assert!(refusal.message.contains("262145") && refusal.message.contains("262144"), "{refusal}");
    // One byte less is fine.
    desk.ask(&host, "nothing", &over[1..], "most");
}

#[test]
fn what_has_no_signature_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let request = Request { envelope: Vec::new(), ..desk.request(&host, "put", b"x", "x") };
    refused(&host, RefusalCode::Unsigned, request);
}

#[test]
fn what_is_no_invocation_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let good = desk.request(&host, "put", b"x", "x");
    // Envelopes: cut, lengthened, each of their fixed bytes changed.
    let mut envelopes =
        vec![good.envelope[1..].to_vec(), [&good.envelope[..], &[0]].concat(), vec![0xff; 10]];
    let fixed =
        (0..good.envelope.len()).filter(|at| !(14..78).contains(at) && *at < good.envelope.len() - 32);
    for at in fixed {
        let mut envelope = good.envelope.clone();
        envelope[at] ^= 1;
        envelopes.push(envelope);
    }
    for envelope in envelopes {
        refused(&host, RefusalCode::Malformed, Request { envelope, ..good.clone() });
    }
    // Payloads: nothing, garbage, other values, other kinds, fields that nobody knows, fields that lack.
    let renamed = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = good.payload.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut payload = good.payload.clone();
        payload[at..at + to.len()].copy_from_slice(to.as_bytes());
        payload
    };
    for payload in [
        Vec::new(),
        vec![0xff],
        vec![0x80],
        b"{\"typ\": \"icn/invocation/v1\"}".to_vec(),
        vec![0x9f; 100_000],
        vec![0x81; 100_000],
        [&good.payload[..], &[0]].concat(),
        good.payload[..good.payload.len() - 1].to_vec(),
        renamed("icn/invocation/v1", "icn/invocation/v2"),
        renamed("expires", "expirez"),
        renamed("did:key:z", "did:web:z"),
    ] {
        refused(&host, RefusalCode::Malformed, Request { payload, ..good.clone() });
    }
    // Values that no invocation has.
    let long = "e".repeat(limits::ENTRY_NAME_BYTES_MAX + 1);
    for change in [
        (|call| call.fuel = 0) as fn(&mut Invocation),
        |call| call.fuel = limits::FUEL_PER_INVOCATION_MAX + 1,
        |call| call.fuel = u64::MAX,
        |call| call.entry = String::new(),
    ] {
        refused(&host, RefusalCode::Malformed, changed(&host, &desk, "odd", change));
    }
    refused(&host, RefusalCode::Malformed, changed(&host, &desk, "odd", |call| call.entry = long));
}

#[test]
fn what_is_not_in_the_one_canonical_form_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let good = desk.request(&host, "put", b"x", "x");
    // The field `fuel`: its key, and the limit, 1 000 000 000, in four bytes.
    let field = [b"\x64fuel\x1a".as_slice(), &1_000_000_000u32.to_be_bytes()].concat();
    let at = good.payload.windows(field.len()).position(|window| window == field).unwrap();
    let (before, behind) = (&good.payload[..at], &good.payload[at + field.len()..]);
    let eight = [b"\x64fuel\x1b".as_slice(), &1_000_000_000u64.to_be_bytes()].concat();
    let long_key = [b"\x78\x04fuel\x1a".as_slice(), &1_000_000_000u32.to_be_bytes()].concat();
    for (what, payload) in [
        ("a number in eight bytes", [before, &eight, behind].concat()),
        ("a key with a length byte", [before, &long_key, behind].concat()),
        ("a field in another place", [before, behind, &field].concat()),
        ("a field twice", [before, &field, &field, behind].concat()),
        ("a map without its length", [&[0xbf], &good.payload[1..], &[0xff]].concat()),
    ] {
        // Signed well, over these very bytes: it is the form that is refused.
        let block = Block::new(Codec::DagCbor, payload.clone());
        let envelope = desk.member.seal(Domain::Invocation, &block).to_block().bytes().to_vec();
        let before = standing(&host);
        let refusal = submit(&host, Request { envelope, payload }).unwrap_err();
        let codes = [RefusalCode::NotCanonical, RefusalCode::Malformed];
        assert!(codes.contains(&refusal.code), "{what}: {refusal}");
        assert_eq!(standing(&host), before);
    }
    // Of the same value twice, only the first form is taken.
    desk.ask(&host, "put", b"x", "x");
}

#[test]
fn what_is_for_another_log_or_scope_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let other = Origin::parse("icn.example/another").unwrap();
    let refusal =
        refused(&host, RefusalCode::WrongLog, changed(&host, &desk, "log", |call| call.log = other));
    assert!(refusal.message.contains("icn.example/another"), "{refusal}");
    let nobody = key("nobody's scope").did();
    let request = changed(&host, &desk, "scope", |call| call.scope = nobody);
    let refusal = refused(&host, RefusalCode::UnknownScope, request);
    assert!(refusal.message.contains(nobody.as_str()), "{refusal}");
}

#[test]
fn what_has_expired_or_expires_too_far_ahead_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let now = now_ms();
    for expires in [0, 1, now - 1, now, now + limits::EXPIRY_AHEAD_MS_MAX + 60_000, u64::MAX] {
        let request = changed(&host, &desk, "time", |call| call.expires = expires);
        refused(&host, RefusalCode::Expired, request);
    }
    let far = changed(&host, &desk, "far", |call| call.expires = now + limits::EXPIRY_AHEAD_MS_MAX);
    assert!(submit(&host, far).unwrap().receipt.outcome.is_ok(), "as far ahead as allowed");
}

/// An envelope's bytes with another signature.
fn with_signature(envelope: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    let mut envelope = envelope.to_vec();
    envelope[14..78].copy_from_slice(signature);
    envelope
}

/// The same signature with the order of the group added to its second half: lax verifiers take it (RFC 8032,
/// section 5.1.7, asks for less than the order).
fn malleated(signature: &[u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other = *signature;
    let mut carry = 0;
    for (byte, order) in other[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    other
}

#[test]
fn what_the_caller_did_not_sign_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let good = desk.request(&host, "put", b"x", "x");
    let bad = |request| refused(&host, RefusalCode::BadSignature, request);
    // Another's key; another's payload; a signature of another kind of block.
    let invocation = desk.invocation(&host, "put", b"x", "x");
    bad(Request::sign(&invocation, &desk.admin));
    bad(Request { payload: desk.request(&host, "put", b"y", "x").payload, ..good.clone() });
    let block = Block::new(Codec::DagCbor, good.payload.clone());
    for domain in [Domain::Receipt, Domain::Policy, Domain::Host] {
        let envelope = desk.member.seal(domain, &block).to_block().bytes().to_vec();
        bad(Request { envelope, ..good.clone() });
    }
    // Every bit of one byte in eight of the signature, and of the payload's name.
    for at in (14..78).chain(good.envelope.len() - 32..good.envelope.len()).step_by(8) {
        for bit in 0..8 {
            let mut envelope = good.envelope.clone();
            envelope[at] ^= 1 << bit;
            bad(Request { envelope, ..good.clone() });
        }
    }
    let signature: [u8; 64] = good.envelope[14..78].try_into().unwrap();
    bad(Request { envelope: with_signature(&good.envelope, &malleated(&signature)), ..good.clone() });
    bad(Request { envelope: with_signature(&good.envelope, &[0; 64]), ..good.clone() });

    // Keys of small order: for them, lax verifiers take a signature that nobody made.
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut order_two = [0xff; 32];
    order_two[0] = 0xec;
    order_two[31] = 0x7f;
    for weak in [identity, order_two, [0; 32]] {
        let caller = Did::from_key(weak);
        let request = changed(&host, &desk, "weak", |call| call.caller = caller);
        let mut forged = [0; 64];
        forged[0] = 1;
        bad(Request { envelope: with_signature(&request.envelope, &forged), ..request });
    }
    // The good one is still good.
    assert!(submit(&host, good).unwrap().receipt.outcome.is_ok());
}

#[test]
fn what_names_a_module_or_an_entry_that_is_not_open_is_refused() {
    let dir = scratch();
    let host = open(dir.path());
    let (member, scope_key) = (key("member"), key("scope"));
    let module = ModuleSpec::of(probe_wasm(), &["state"], &[("put", "anyone")]).unwrap();
    let id = module.id();
    let scope = block_on(host.open_scope(scope_key, ScopeSpec::new("one entry").module(module))).unwrap();
    let desk = Desk { scope, module: id, admin: key("admin"), member };
    desk.ask(&host, "put", b"x", "before");
    let other = BlockId::of(Codec::Raw, b"another module");
    for module in [other, BlockId::of(Codec::DagCbor, &probe_wasm())] {
        let request = changed(&host, &desk, "module", |call| call.module = module);
        let refusal = refused(&host, RefusalCode::UnknownModule, request);
        assert!(refusal.message.contains(&module.to_string()), "{refusal}");
    }
    // `get` is the module's, and the policy does not open it; the others nobody has.
    for entry in ["get", "memory", "putt", "PUT", "put\0", "__icn"] {
        let request = changed(&host, &desk, "entry", |call| call.entry = entry.to_owned());
        let refusal = refused(&host, RefusalCode::UnknownEntry, request);
        assert!(refusal.message.contains("open are: put"), "{refusal}");
    }
}

#[test]
fn whoever_lacks_the_role_is_refused() {
    let dir = scratch();
    let host = open(dir.path());
    let files = samples();
    let election = common::election::Election::read(&files[0]);
    let held = election.hold(&host);
    let module = ModuleSpec::of(common::election::BALLOT.to_vec(), &[], &[]).unwrap().id();
    let voter = common::election::Election::voter(&election.ballots[0].0);
    let stranger = key("stranger");
    for (entry, caller) in [("vote", &stranger), ("tally", &voter), ("open", &voter), ("vote", &key("chair"))]
    {
        let id = icn_runtime::invocation_id(&[entry, caller.did().as_str()]);
        let expires = now_ms() + 60_000;
        let call = Invocation::new(host.origin(), held.scope, module, entry, "11", id, caller.did(), expires);
        let refusal = refused(&host, RefusalCode::Denied, Request::sign(&call, caller));
        assert!(
            refusal.message.contains(caller.did().as_str()) && refusal.message.contains(entry),
            "{refusal}"
        );
    }
}

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
    let host = common::open_on(dir.path(), 1);
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

/// A module of text with a manifest that asks for these capabilities.
fn asking(text: &str, capabilities: &[&str]) -> Vec<u8> {
    let manifest = manifest(&[], capabilities);
    wasm(&text.replacen("(module", &format!("(module {manifest}"), 1))
}

#[test]
fn a_scope_is_not_opened_with_a_module_that_is_not_sound() {
    let dir = scratch();
    let host = open(dir.path());
    Desk::open(&host, "before");
    let memory = "(memory (export \"memory\") 1)";
    let run = "(func (export \"run\"))";
    let text = |inside: &str| wasm(&format!("(module {inside})"));
    let import = |what: &str| text(&format!("(import {what}) {memory} {run}"));
    let with = |inside: &str| text(&format!("{memory} {run} {inside}"));
    let many = |count: usize, one: &str| with(&one.repeat(count));
    let deep = format!("(func {} {})", "block ".repeat(300), "end ".repeat(300));
    let custom = |json: &str| with(&format!("(@custom \"icn.manifest\" \"{}\")", json.replace('"', "\\22")));
    let good = r#"{"abi":1,"name":"n","version":"1","entries":[],"capabilities":[]}"#;
    let long = format!("(func (export \"{}\"))", "e".repeat(limits::ENTRY_NAME_BYTES_MAX + 1));
    let big = format!("(data \"{}\")", "x".repeat(limits::MODULE_BYTES_MAX));
    let bodies = format!("(func {})", "nop ".repeat(limits::FUNCTION_BODY_BYTES_MAX + 1));
    // What is installed, and a word of the reason.
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), "binary"),
        ("text", b"(module)".to_vec(), "binary"),
        ("garbage", b"\0asm\xff\xff\xff\xff".to_vec(), ""),
        ("a component", b"\0asm\x0d\0\x01\0".to_vec(), ""),
        ("a cut module", with("")[..20].to_vec(), ""),
        ("an import of somebody else", import("\"env\" \"print\" (func)"), "env.print"),
        ("an import of WASI", import("\"wasi_snapshot_preview1\" \"fd_write\" (func)"), "fd_write"),
        ("an import that nobody has", import("\"icn\" \"host_fly\" (func)"), "icn.host_fly"),
        ("an import of another type", import("\"icn\" \"host_log\" (func (param i64))"), "with the type"),
        (
            "an imported memory",
            text("(import \"icn\" \"host_log\" (memory 1))"),
            "something else than a function",
        ),
        ("an imported global", import("\"icn\" \"host_log\" (global i32)"), "something else than a function"),
        ("no memory", text(run), "memory"),
        ("a memory that is not exported", text(&format!("(memory 1) {run}")), "memory"),
        ("a memory by another name", text(&format!("(memory (export \"mem\") 1) {run}")), "memory"),
        ("a start section", with("(func $s) (start $s)"), "start section"),
        ("a memory of 300 pages", text(&format!("(memory (export \"memory\") 300) {run}")), "pages"),
        ("a table too large", with("(table 10001 funcref)"), "table elements"),
        ("two memories", with("(memory 1)"), ""),
        ("a 64-bit memory", text(&format!("(memory (export \"memory\") i64 1) {run}")), ""),
        ("a shared memory", text(&format!("(memory (export \"memory\") 1 1 shared) {run}")), ""),
        ("SIMD", with("(func (drop (v128.const i32x4 0 0 0 0)))"), "SIMD"),
        ("relaxed SIMD", with("(func (param v128) (drop (i32x4.relaxed_trunc_f32x4_s (local.get 0))))"), ""),
        ("atomics", with("(func (drop (i32.atomic.load (i32.const 0))))"), ""),
        ("tail calls", with("(func $t return_call $t)"), ""),
        ("exceptions", with("(tag) (func (throw 0))"), ""),
        ("reference types", with("(func (param externref))"), ""),
        ("garbage collection", with("(type (struct (field i32)))"), ""),
        (
            "wide arithmetic",
            with("(func (drop (drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))))"),
            "",
        ),
        ("a body that is not valid", with("(func (result i32))"), ""),
        ("too many functions", many(10_001, "(func)"), "functions"),
        ("too many globals", many(1_001, "(global i32 (i32.const 0))"), "globals"),
        (
            "too many types",
            text(
                &(0..1_001)
                    .map(|n| format!("(type (func (param {})))", "i32 ".repeat(n % 30 + 1)))
                    .collect::<String>(),
            ),
            "types",
        ),
        ("too many parameters", with(&format!("(func (param {}))", "i32 ".repeat(65))), "parameters"),
        ("too many results", with(&format!("(func (result {}) unreachable)", "i32 ".repeat(5))), "results"),
        (
            "too many element segments",
            with(&format!("(table 1 funcref) {}", "(elem (i32.const 0) func)".repeat(1_001))),
            "element segments",
        ),
        (
            "too many items of a table",
            with(&format!("(table 1 funcref) (func $f) (elem (i32.const 0) func {})", "$f ".repeat(10_001))),
            "items",
        ),
        ("too many locals", with(&format!("(func (local {}))", "i32 ".repeat(1_001))), "locals"),
        ("too many data segments", many(1_001, "(data \"x\")"), "data segments"),
        ("blocks too deep", with(&deep), "nested blocks"),
        ("a body too large", with(&bodies), "body"),
        ("a module too large", with(&big), "bytes"),
        ("an export's name too long", with(&long), "name"),
        ("a manifest that is no JSON", custom("{"), "icn.manifest"),
        ("a manifest with a field too many", custom(&good.replace("{", "{\"x\":1,")), "icn.manifest"),
        ("a manifest of ABI 2", custom(&good.replace(":1,", ":2,")), "ABI"),
        (
            "a manifest with an entry that is not there",
            custom(&good.replace("\"entries\":[]", "\"entries\":[\"fly\"]")),
            "fly",
        ),
        (
            "a manifest with an unknown capability",
            custom(&good.replace("\"capabilities\":[]", "\"capabilities\":[\"fly\"]")),
            "fly",
        ),
        ("two manifests", with(&format!("{0} {0}", manifest(&[], &[]))), "second"),
    ];
    settled(&host, dir.path());
    let before = (standing(&host), tree(dir.path()));
    for (what, bytes, reason) in cases {
        // Twice: a failure is remembered as it was.
        let mut messages = BTreeSet::new();
        for _ in 0..2 {
            let module = ModuleSpec::of(bytes.clone(), &[], &[("run", "anyone")]).unwrap();
            match block_on(host.open_scope(key(what), ScopeSpec::new(what).module(module))) {
                Err(ScopeError::Invalid(message)) => messages.insert(message),
                other => panic!("{what}: {other:?}"),
            };
        }
        assert_eq!(messages.len(), 1, "{what}: {messages:?}");
        let message = messages.pop_first().unwrap();
        assert!(message.contains(reason), "{what}: {message}");
        assert!(message.contains("module bafkrei"), "it names the module: {message}");
    }
    assert_eq!(standing(&host), before.0);
    assert!(tree(dir.path()) == before.1, "a refused scope leaves no key and no entry");
    // The module that all of these are bad versions of is good.
    let module = ModuleSpec::of(custom(good), &[], &[("run", "anyone")]).unwrap();
    block_on(host.open_scope(key("good"), ScopeSpec::new("good").module(module))).unwrap();
}

#[test]
fn a_scope_is_not_opened_with_a_policy_that_is_not_sound() {
    let dir = scratch();
    let host = open(dir.path());
    let (scope_key, spec) = probe_spec("before");
    block_on(host.open_scope(scope_key, spec)).unwrap();
    let module = |capabilities: &[&str], entries: &[(&str, &str)]| {
        ModuleSpec::of(probe_wasm(), capabilities, entries).unwrap()
    };
    let quiet = asking("(module (memory (export \"memory\") 1) (func (export \"run\")))", &["state"]);
    let spec = || ScopeSpec::new("bad");
    let cases: Vec<(ScopeSpec, &str)> = vec![
        (spec().module(module(&[], &[("fly", "anyone")])), "fly"),
        (spec().module(module(&[], &[("put", "treasurer")])), "treasurer"),
        (spec().module(module(&["usage"], &[("put", "anyone")])), "usage"),
        (spec().module(ModuleSpec::of(quiet, &["state", "dag"], &[("run", "anyone")]).unwrap()), "dag"),
        (spec().module(module(&[], &[("put", "anyone")])).module(module(&[], &[("get", "anyone")])), "twice"),
        (spec().role("admin", [key("a").did()]), "built in"),
        (spec().role("anyone", [key("a").did()]), "built in"),
        (ScopeSpec::new(""), "name"),
        (ScopeSpec::new(&"n".repeat(limits::NAME_BYTES_MAX + 1)), "name"),
        (spec().token(Unit::fuel(), Amount(1)), "resource"),
        (spec().token(chip(), Amount(1 << 63)), "2^63"),
        (spec().issue(chip(), Owner::Treasury, Amount(0)), "between 1"),
        (spec().issue(chip(), Owner::Issuance, Amount(1)), ""),
        (
            spec().grant(GrantLimits { fuel: limits::FUEL_PER_INVOCATION_MAX + 1, memory: 1, network: 0 }),
            "grant",
        ),
        (spec().grant(GrantLimits { fuel: 1, memory: limits::MEMORY_PAGES_MAX + 1, network: 0 }), "grant"),
        (spec().grant(GrantLimits { fuel: 1, memory: 1, network: limits::NETWORK_BYTES_MAX + 1 }), "grant"),
    ];
    settled(&host, dir.path());
    let before = (standing(&host), tree(dir.path()));
    for (spec, reason) in cases {
        match block_on(host.open_scope(key("bad"), spec.clone())) {
            Err(ScopeError::Invalid(message)) => assert!(message.contains(reason), "{reason}: {message}"),
            other => panic!("{spec:?}: {other:?}"),
        }
    }
    // Nor twice, whatever the second policy says.
    let (scope_key, spec) = probe_spec("before");
    let scope = scope_key.did();
    assert_eq!(block_on(host.open_scope(scope_key, spec)), Err(ScopeError::Exists(scope)));
    assert_eq!(standing(&host), before.0);
    assert!(tree(dir.path()) == before.1, "a refused scope leaves no key and no entry");
    let unknown = ModuleSpec::of(probe_wasm(), &["fly"], &[]).unwrap_err().to_string();
    assert!(unknown.contains("`fly`") && unknown.contains("treasury"), "{unknown}");
}

#[test]
fn a_malformed_election_names_line_and_column_and_creates_nothing() {
    let dir = scratch();
    let good = fs::read_to_string(&samples()[0]).unwrap();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("not UTF-8", [good.as_bytes(), b"\xff\n"].concat()),
        ("no VOTES", good.split("VOTES").next().unwrap().into()),
        ("a title in lower case", good.replace("PROJECTS", "projects").into()),
        ("a row too short", good.replace("11;42000;17;", "11;42000").into()),
        ("a row too long", good.replace("1166;14\n", "1166;14;3\n").into()),
        ("a cost that is no number", good.replace("42000", "many").into()),
        ("a cost below zero", good.replace("42000", "-42000").into()),
        ("a budget that is no number", good.replace("budget;120000", "budget;lots").into()),
        ("no budget", good.replace("budget;120000\n", "").into()),
        ("a vote type that nobody knows", good.replace("vote_type;approval", "vote_type;shouting").into()),
        ("a voter twice", good.replace("\n1078;", "\n1166;").into()),
        ("a project twice", good.replace("\n12;18500", "\n11;18500").into()),
        ("a quote that never ends", good.replace("VOTES\n", "VOTES\n\"").into()),
    ];
    for (what, bytes) in cases {
        assert_ne!(bytes, good.as_bytes(), "{what}");
        let (file, data) = (dir.path().join("bad.pb"), dir.path().join("data"));
        fs::write(&file, bytes).unwrap();
        // Beside a good one: that is not begun, either.
        let output = demo(&[samples()[1].clone(), file.clone()], &data, &["--json"]);
        assert_eq!(output.status.code(), Some(2), "{what}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{what}");
        let message = stderr(&output);
        let place =
            message.split_once(&format!("{}: line ", file.display())).map(|(_, rest)| rest.to_owned());
        let place = place.unwrap_or_else(|| panic!("{what}: {message}"));
        let (line, rest) = place.split_once(", column ").unwrap_or_else(|| panic!("{what}: {message}"));
        let column = rest.split(':').next().unwrap();
        assert!(line.parse::<usize>().is_ok_and(|line| line >= 1), "{what}: {message}");
        assert!(column.parse::<usize>().is_ok_and(|column| column >= 1), "{what}: {message}");
        assert!(!data.exists(), "{what}: the data directory is created all the same");
    }
}

/// The votes with a column before and one behind.
fn more_columns(votes: &str) -> String {
    let lines =
        votes.lines().map(|line| if line.is_empty() { line.to_owned() } else { format!("x;{line};y") });
    lines.collect::<Vec<_>>().join("\n").replace("x;voter_id;vote;y", "age;voter_id;vote;shoe size")
}

#[test]
fn what_is_odd_in_an_election_and_changes_no_meaning_is_taken() {
    let dir = scratch();
    let good = fs::read_to_string(&samples()[0]).unwrap();
    let expected = common::oracle::greedy(&samples()[0]).funded;
    let (meta, rest) = good.split_once("PROJECTS").unwrap();
    let (projects, votes) = rest.split_once("VOTES").unwrap();
    for (what, text) in [
        ("a byte-order mark", format!("\u{feff}{good}")),
        ("lines that end as on Windows", good.replace('\n', "\r\n")),
        ("sections in another order", format!("VOTES{votes}PROJECTS{projects}{meta}")),
        ("columns that nobody knows", format!("{meta}PROJECTS{projects}VOTES{}", more_columns(votes))),
        ("keys that nobody knows", good.replace("budget;", "weather;rain\nbudget;")),
        ("no line break at the end", good.trim_end().to_owned()),
        ("blank lines", good.replace('\n', "\n\n")),
    ] {
        let (file, data) = (dir.path().join("odd.pb"), dir.path().join(what));
        fs::write(&file, text).unwrap();
        let output = demo(&[file], &data, &["--json"]);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr(&output));
        assert_eq!(common::json(&output)["scopes"][0]["funded"], serde_json::json!(expected), "{what}");
    }
}

#[test]
fn an_election_of_a_type_that_the_guest_does_not_hold_is_refused_by_name() {
    let dir = scratch();
    let file = dir.path().join("ordinal.pb");
    fs::write(
        &file,
        fs::read_to_string(&samples()[0]).unwrap().replace("vote_type;approval", "vote_type;ordinal"),
    )
    .unwrap();
    let output = demo(&[file], &dir.path().join("data"), &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = stderr(&output);
    assert!(
        message.contains("vote_type is \"ordinal\"") && message.contains("line 11, column 11"),
        "{message}"
    );
    assert!(!dir.path().join("data").exists());
}

#[test]
fn the_program_says_2_when_its_arguments_are_not_right() {
    let dir = scratch();
    let path = |name: &str| dir.path().join(name).display().to_string();
    fs::create_dir(dir.path().join("empty")).unwrap();
    fs::write(dir.path().join("file"), "x").unwrap();
    let sample = samples()[0].display().to_string();
    let cases: Vec<Vec<String>> = vec![
        vec!["audit".into()],
        vec!["audit".into(), "--data".into(), path("nowhere")],
        vec!["audit".into(), "--data".into(), path("empty")],
        vec!["audit".into(), "--data".into(), path("file")],
        vec!["audit".into(), "--data".into(), path("nowhere"), "--json".into()],
        vec!["demo".into(), path("nowhere.pb")],
        vec!["demo".into(), path("empty")],
        vec!["demo".into(), sample.clone(), sample.clone()],
        vec!["demo".into(), sample.clone(), "--arbiters".into(), "0".into()],
        vec!["demo".into(), sample, "--receipts".into(), path("nowhere/receipts")],
        vec!["fly".into()],
    ];
    let before = tree(dir.path());
    for arguments in cases {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!stderr(&output).trim().is_empty(), "{arguments:?}");
    }
    assert!(tree(dir.path()) == before);
    let missing = icn().args(["audit", "--data"]).arg(dir.path().join("nowhere")).output().unwrap();
    let message = stderr(&missing);
    assert!(message.contains("nowhere") && message.contains("expected a host's data directory"), "{message}");
}

#[test]
fn an_audit_of_a_corrupt_directory_says_1_and_where() {
    let dir = scratch();
    assert_eq!(demo(&samples(), dir.path(), &["--json"]).status.code(), Some(0));
    let segment = common::segment(dir.path());
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&segment, &bytes).unwrap();
    let output = icn().args(["audit", "--data"]).arg(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("AUDIT FAILED") && text.contains("00000000.seg at byte "), "{text}");
    let output = icn().args(["audit", "--json", "--data"]).arg(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = common::json(&output);
    assert_eq!(report["ok"], false);
    let place = report["divergence"]["place"].as_str().unwrap();
    let (_, byte) = place.rsplit_once(' ').unwrap();
    assert!(byte.parse::<usize>().is_ok_and(|byte| byte <= middle), "{place}");
    // The demo does not go on with it, and repairs nothing.
    let before = tree(dir.path());
    let output = demo(&samples(), dir.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is damaged at byte"), "{}", stderr(&output));
    assert!(tree(dir.path()) == before);
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
