//! Nothing of one scope is another's, and nothing of one run is the next one's. Two scopes with the same module
//! see neither each other's values nor nodes nor accounts; a run finds its memory and its globals as its module
//! describes them, whatever stood in the same slot of the pool before.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use common::{CHIPS, Desk, block_on, chip, key, open, scratch, sound, wasm};
use icn_runtime::{
    Amount, Host, HostOptions, Invocation, ModuleSpec, Outcome, Owner, RefusalCode, Request, ScopeSpec, Unit,
    invocation_id, now_ms,
};

/// The host's code for what is not there.
const NOT_FOUND: i32 = -4;

#[test]
fn a_scope_sees_no_value_node_or_account_of_another_with_the_same_module() {
    let dir = scratch();
    let host = open(dir.path());
    let (ours, theirs) = (Desk::open(&host, "ours"), Desk::open(&host, "theirs"));
    assert_eq!(ours.module, theirs.module);
    let empty = block_on(host.view(&theirs.scope)).unwrap().root;

    ours.ask(&host, "put", b"secret", "put");
    let node = ours.ask(&host, "node", b"ballot", "node");
    for at in 0..3 {
        ours.ask(&host, "pay", b"", &format!("pay {at}"));
    }

    // Ours sees all of it.
    assert_eq!(ours.ask(&host, "get", b"secret", "get"), b"secret");
    assert_eq!(ours.ask(&host, "has_node", &node, "has node"), [1]);
    assert_eq!(ours.ask(&host, "till", b"", "till"), 3u64.to_le_bytes());
    // Theirs sees nothing, by the guest's eyes and by the host's.
    let value = theirs.call(&host, "get", b"secret", "get").unwrap();
    assert_eq!(value.receipt.outcome, Outcome::Failed(NOT_FOUND));
    assert_eq!(theirs.ask(&host, "has_node", &node, "has node"), [0]);
    assert_eq!(theirs.ask(&host, "till", b"", "till"), 0u64.to_le_bytes());
    assert_eq!(block_on(host.value(&theirs.scope, theirs.module, b"secret")), None);
    assert_eq!(block_on(host.view(&theirs.scope)).unwrap().root, empty);
    let treasury =
        |desk: &Desk| block_on(host.account(desk.scope, Owner::Treasury, chip())).unwrap().balance();
    assert_eq!(treasury(&ours), i128::from(CHIPS) - 3);
    assert_eq!(treasury(&theirs), i128::from(CHIPS));
    // The same node stored by both is two nodes: each names its scope.
    assert_ne!(theirs.ask(&host, "node", b"ballot", "node"), node);

    // Spending in one is no spending in the other, in fuel as in chips.
    let consumed = block_on(host.account(theirs.scope, Owner::Consumed, Unit::fuel())).unwrap().balance();
    host.close().unwrap();
    let (_, kept) = sound(dir.path(), true);
    let of_theirs = kept.0.iter().filter(|(_, _, receipt)| receipt.scope == theirs.scope);
    let burned: u64 = of_theirs.map(|(_, _, receipt)| receipt.fuel).sum();
    assert_eq!(consumed, i128::from(burned));
}

#[test]
fn a_member_of_one_scope_is_nobody_in_another_and_ids_are_each_scopes_own() {
    let dir = scratch();
    let host = open(dir.path());
    let (ours, theirs) = (Desk::open(&host, "ours"), Desk::open(&host, "theirs"));
    let expires = now_ms() + 60_000;
    let id = invocation_id(&["the same"]);
    let mut visitor = ours.invocation(&host, "put", b"x", "visit");
    visitor.scope = theirs.scope;
    let refused = host.submit(Request::sign(&visitor, &ours.member)).unwrap_err();
    assert_eq!(refused.code, RefusalCode::Denied);
    // One id in two scopes names two invocations.
    for desk in [&ours, &theirs] {
        let caller = desk.member.did();
        let call = Invocation::new(host.origin(), desk.scope, desk.module, "put", b"y", id, caller, expires);
        let done = block_on(host.submit(Request::sign(&call, &desk.member)).unwrap()).unwrap();
        assert_eq!(block_on(host.receipt_of(&desk.scope, id)), Some(done.id));
    }
    // An invocation signed for one scope is none of another, whoever passes it on.
    let mut moved = ours.invocation(&host, "put", b"z", "moved");
    let signed = Request::sign(&moved, &ours.member);
    moved.scope = theirs.scope;
    let forged = Request { payload: Request::sign(&moved, &ours.member).payload, ..signed };
    assert_eq!(host.submit(forged).unwrap_err().code, RefusalCode::BadSignature);
}

/// A host with room for one instance: every run takes the slot of the one before.
fn one_slot(data: &std::path::Path) -> Host {
    let mut options = HostOptions::new(data);
    options.arbiters = Some(1);
    options.engine.instances_max = 1;
    Host::open(options).unwrap()
}

#[test]
fn memory_and_globals_of_a_run_are_gone_before_the_next() {
    let dir = scratch();
    let host = one_slot(dir.path());
    let desks = [Desk::open(&host, "ours"), Desk::open(&host, "theirs")];
    for at in 0..10 {
        for desk in &desks {
            // The counter is zero, so is the memory, and its pages are as many as the module has: four.
            let found = desk.ask(&host, "remember", b"", &format!("remember {at}"));
            assert_eq!(found, [0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0], "run {at}");
        }
        // Nor do a trap and a failure leave anything.
        desks[0].call(&host, "trap", b"t", &format!("trap {at}")).unwrap();
        desks[1].call(&host, "fail", b"f", &format!("fail {at}")).unwrap();
    }
    assert_eq!(block_on(host.value(&desks[0].scope, desks[0].module, b"t")), None);
    assert_eq!(block_on(host.value(&desks[1].scope, desks[1].module, b"f")), None);
    host.close().unwrap();
    sound(dir.path(), true);
}

/// Fills all the memory that it is granted, and its global, with what the next one must not see.
const SMEAR: &str = r#"(module
  (memory (export "memory") 1 256)
  (global $g (mut i64) (i64.const 0))
  (func (export "smear") (local $i i32)
    (drop (memory.grow (i32.const 255)))
    (memory.fill (i32.const 0) (i32.const 0xaa) (i32.const 16777216))
    (global.set $g (i64.const -1))))"#;

/// Looks at every byte that it is granted, before and after it grows, and answers how many are not zero.
const LOOK: &str = r#"(module
  (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
  (memory (export "memory") 1 256)
  (global $g (mut i64) (i64.const 0))
  (func (export "look") (result i32) (local $at i32) (local $found i64)
    (drop (memory.grow (i32.const 255)))
    (loop $next
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0))
        (then (local.set $found (i64.add (local.get $found) (i64.const 1)))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 16777216))))
    (i64.store (i32.const 0) (i64.add (local.get $found) (global.get $g)))
    (call $set_output (i32.const 0) (i32.const 8))))"#;

#[test]
fn a_guest_finds_no_byte_that_another_scopes_guest_left_in_the_pool() {
    let dir = scratch();
    let host = one_slot(dir.path());
    let member = key("member");
    let mut scopes = Vec::new();
    for (text, entry) in [(SMEAR, "smear"), (LOOK, "look")] {
        let module = ModuleSpec::of(wasm(text), &[], &[(entry, "anyone")]).unwrap();
        let id = module.id();
        let spec = ScopeSpec::new(entry).module(module).token(chip(), Amount(1));
        scopes.push((block_on(host.open_scope(key(entry), spec)).unwrap(), id, entry));
    }
    for round in 0..3 {
        for (scope, module, entry) in &scopes {
            let expires = now_ms() + 60_000;
            let id = invocation_id(&[entry, &round.to_string()]);
            let call = Invocation::new(host.origin(), *scope, *module, entry, b"", id, member.did(), expires)
                .with_fuel(1_000_000_000);
            let done = block_on(host.submit(Request::sign(&call, &member)).unwrap()).unwrap();
            assert_eq!(done.receipt.outcome, Outcome::Ok, "{entry}");
            assert_eq!(done.receipt.usage.memory, 256, "it had all of its memory");
            if *entry == "look" {
                assert_eq!(done.receipt.output, [0; 8], "round {round}");
            }
        }
    }
}
