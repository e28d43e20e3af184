//! The test host tells the whole story of an election on the committed guest, refuses and traps as a host does,
//! and its assertions say what happened when they do not hold.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use icn_core::block::TrapKind;
use icn_core::rules::RefusalCode;
use icn_testkit::{TestHost, TestHostError};

const BALLOT: &[u8] = include_bytes!("../../../guest/prebuilt/ballot.wasm");
const ELECTION: &str = "vote_type;approval\nbudget;5000\nunit;PLN\nPROJECTS\n1;3000\n2;2500\n3;1800\n";

// Numbers of the guest's own refusals.
const NOT_OPEN: i32 = 30;
const ALREADY_VOTED: i32 = 32;
/// The host's `EXHAUSTED`, passed on by the guest.
const EXHAUSTED: i32 = -6;
/// The host's `DENIED`, passed on by the guest.
const DENIED: i32 = -5;

fn ballot() -> TestHost {
    TestHost::new(BALLOT)
        .unwrap()
        .grant_all()
        .require("open", "admin")
        .require("vote", "member")
        .require("tally", "admin")
        .role("admin", "chair")
        .role("member", "ann")
        .role("member", "bob")
        .role("member", "eve")
}

#[test]
fn an_election_from_its_opening_to_what_it_paid() {
    let mut host = ballot();
    host.issue("PLN", "treasury", 5_000);
    host.call("ann", "vote", "1").failed(NOT_OPEN);
    host.call("chair", "open", ELECTION).ok();
    for (member, vote) in [("ann", "2,3"), ("bob", "2"), ("eve", "1")] {
        host.call(member, "vote", vote).ok();
    }
    host.call("ann", "vote", "1").failed(ALREADY_VOTED);
    host.call("zoe", "vote", "1").refused_as(RefusalCode::Denied);
    host.call("ann", "tally", "").refused_as(RefusalCode::Denied);

    let before = host.scratch().root();
    let tally = host.call("chair", "tally", "").ok();
    assert!(
        tally.text().contains("\nunfunded;1;3000;1;1\nfunded;2;2500;2;2\nfunded;3;1800;1;1\n"),
        "{tally:?}"
    );
    assert_eq!(tally.receipt.seq, 7, "refused calls have no receipt, failed ones have");
    assert_eq!(tally.host_calls["host_transfer"], 2);
    assert_ne!(host.scratch().root(), before);
    assert_eq!(host.scratch().root(), tally.receipt.root);
    for (owner, amount) in [("treasury", 700), ("project/1", 0), ("project/2", 2_500), ("project/3", 1_800)] {
        assert_eq!(host.balance(owner, "PLN"), amount, "{owner}");
    }
    let (ann, zoe) = (host.member("ann"), host.member("zoe"));
    assert!(host.value(format!("b/{ann}")).is_some());
    assert!(host.value(format!("b/{zoe}")).is_none());
    let anchored = tally.receipt.anchors[0].0;
    assert_eq!(host.scratch().node(&anchored).unwrap(), tally.receipt.output);
}

#[test]
fn a_call_that_does_not_succeed_leaves_nothing() {
    let mut host = ballot();
    host.issue("PLN", "treasury", 100);
    host.call("chair", "open", ELECTION).ok();
    host.call("ann", "vote", "2").ok();
    let root = host.scratch().root();
    host.call("chair", "tally", "").failed(EXHAUSTED);
    let run = host.fuel(5_000).call("bob", "vote", "2").trapped(TrapKind::OutOfFuel);
    assert_eq!((run.receipt.fuel, run.fuel_limit), (5_000, 5_000));
    assert_eq!(host.scratch().root(), root);
    assert_eq!(host.balance("treasury", "PLN"), 100);
    let bob = host.member("bob");
    assert!(host.value(format!("b/{bob}")).is_none());
    // The same call, with what it needs.
    host.issue("PLN", "treasury", 5_000).fuel(100_000_000);
    host.call("bob", "vote", "2").ok();
    host.call("chair", "tally", "").ok();
    assert_eq!(host.balance("treasury", "PLN"), 2_600);
}

#[test]
fn a_capability_counts_from_when_it_is_granted() {
    let mut host = TestHost::new(BALLOT).unwrap();
    host.call("chair", "open", ELECTION).failed(DENIED);
    let mut host = host.grant(&["state"]);
    host.call("chair", "open", ELECTION).ok();
    host.call("ann", "vote", "2").ok();
    host.issue("PLN", "treasury", 5_000);
    host.call("chair", "tally", "").failed(DENIED);
    // What was kept before is still there.
    let mut host = host.grant(&["state", "dag", "transfer", "treasury"]);
    assert!(host.call("chair", "tally", "").ok().text().contains("\nfunded;2;2500;1;1\n"));
}

#[test]
fn time_is_what_one_says_and_never_goes_back() {
    let clock = wat::parse_str(
        r#"(module
        (import "icn" "host_get_time" (func $time (result i64)))
        (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
        (import "icn" "host_log" (func $log (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "now") (result i32)
          (i64.store (i32.const 0) (call $time)) (call $set_output (i32.const 0) (i32.const 8)))
        (func (export "talk") (result i32)
          (i32.store8 (i32.const 0) (i32.const 0x21))
          (drop (call $log (i32.const 2) (i32.const 0) (i32.const 1))) (i32.const 9)))"#,
    );
    let mut host = TestHost::new(clock.unwrap()).unwrap();
    let mut told = |time_ms: Option<u64>| {
        if let Some(time_ms) = time_ms {
            host.at(time_ms);
        }
        let run = host.call("ann", "now", "").ok();
        assert_eq!(run.receipt.output, run.receipt.time.to_le_bytes());
        run.receipt.time
    };
    let first = told(None);
    assert_eq!(told(Some(first + 5_000)), first + 5_000);
    assert_eq!(told(Some(first)), first + 5_000);
    // 500 days ahead, and back: further than an expiry may lie ahead.
    let later = first + 500 * 24 * 60 * 60 * 1_000;
    assert_eq!(told(Some(later)), later);
    assert_eq!(told(Some(0)), later);

    // An assertion that does not hold says how the call ended.
    let ended = host.call("ann", "talk", "");
    let said = ended.to_string();
    for line in ["failed with 9\n", "  log     info: \"!\"", "  called  host_log 1 times"] {
        assert!(said.contains(line), "{said}");
    }
    let panic = std::panic::catch_unwind(|| ended.ok()).unwrap_err();
    let panic = panic.downcast_ref::<String>().unwrap();
    assert!(panic.starts_with("expected `talk` to succeed, but it failed with 9\n"), "{panic}");
}

#[test]
fn a_stranger_is_judged_as_a_member_is() {
    let mut host = ballot();
    let stranger = icn_core::name::Did::from_key([9; 32]);
    host.call("chair", "open", ELECTION).ok();
    host.call(stranger, "vote", "2").refused_as(RefusalCode::Denied);
    let mut host = host.role("member", stranger);
    host.call(stranger.as_str(), "vote", "2").ok();
    host.call(stranger, "vote", "2").failed(ALREADY_VOTED);
    host.call("ann", "vote", vec![b'1'; 300_000]).refused_as(RefusalCode::TooLarge);
    host.call(stranger, "vote", vec![b'1'; 300_000]).refused_as(RefusalCode::TooLarge);
    host.fuel(u64::MAX).call("ann", "vote", "1").refused_as(RefusalCode::Malformed);
}

#[test]
fn what_is_no_module_is_no_host() {
    assert!(matches!(TestHost::new(*b"(module)"), Err(TestHostError::Rejected(_))));
    assert!(matches!(TestHost::new(&BALLOT[..1_000]), Err(TestHostError::Rejected(_))));
}

#[test]
#[should_panic(expected = "does not ask for `usage`; it asks for state, dag, transfer, treasury")]
fn a_capability_that_nobody_asked_for_is_a_mistake_of_the_test() {
    let _ = TestHost::new(BALLOT).unwrap().grant(&["usage"]);
}

#[test]
#[should_panic(expected = "no entry `close`; it has: open, tally, vote")]
fn an_entry_that_is_not_there_is_a_mistake_of_the_test() {
    let _ = TestHost::new(BALLOT).unwrap().require("close", "admin");
}
