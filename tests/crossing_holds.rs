//! Holds of a scope that another one pays: what is past its deadline there is over for the payment too, on the host, for
//! an auditor, and when the scope is taken up again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::union::Town;
use common::{block_on, chip, key, manifest, open, open_with, scratch, snapshots, sound, wasm};
use icn_runtime::ruling::{self, Command, Limits};
use icn_runtime::{
    AccountId, Amount, BlockId, FaultPoint, Faults, Host, Invocation, ModuleSpec, Operation, Outcome, Owner,
    Receipt, Request, ScopeSpec, invocation_id, now_ms,
};

/// Holds 10 CHIP of the treasury for the shop until the time in its input.
fn guest() -> Vec<u8> {
    let manifest = manifest(&["hold"], &["transfer", "treasury"]);
    wasm(&format!(
        r#"(module
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_hold" (func $hold (param i32 i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "shop")
  (data (i32.const 16) "CHIP")
  (func (export "hold") (result i32)
    (drop (call $get_input (i32.const 64) (i32.const 8)))
    (call $hold (i32.const 2) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4)
      (i64.const 10) (i64.load (i32.const 64)) (i32.const 128)))
  {manifest})"#
    ))
}

fn call(host: &Host, (module, entry): (BlockId, &str), input: &[u8], name: &str) -> Receipt {
    let (id, expires, caller) = (invocation_id(&[name]), now_ms() + 3_600_000, key("chair"));
    let scope = key("store").did();
    let invocation = Invocation::new(host.origin(), scope, module, entry, input, id, caller.did(), expires)
        .with_fuel(10_000_000);
    (*block_on(host.submit(Request::sign(&invocation, &caller)).unwrap()).unwrap().receipt).clone()
}

/// Panics at the next run when it was told to.
#[derive(Debug, Default)]
struct Next(AtomicBool);

impl Faults for Next {
    fn at(&self, point: FaultPoint) -> bool {
        point == FaultPoint::Run && self.0.swap(false, Ordering::SeqCst)
    }
}

#[test]
fn a_hold_of_the_payees_that_is_over_makes_room_for_what_comes_in() {
    let dir = scratch();
    let next = Arc::new(Next::default());
    let host = open_with(dir.path(), next.clone());
    let module = ModuleSpec::of(guest(), &["transfer", "treasury"], &[("hold", "anyone")]).unwrap();
    let hold = (module.id(), "hold");
    let spec = ScopeSpec::new("store")
        .admin(key("chair").did())
        .module(module)
        .token(chip(), Amount(1_000))
        .counterpart(key("east").did());
    block_on(host.open_scope(key("store"), spec)).unwrap();
    let east = Town::open(&host, "east", &["store"]);
    let store = key("store").did();
    let account = |owner| AccountId { scope: store, owner, unit: chip() };
    let shop = Owner::parse("shop").unwrap();
    let rule =
        |limits, owner| Operation::Rule(Box::new(Command::SetLimits { account: account(owner), limits }));
    let input = ruling::input(&[
        rule(Limits { credit: 100, balance_max: None }, Owner::Claim(east.scope)),
        rule(Limits { credit: 0, balance_max: Some(12) }, shop.clone()),
    ]);
    assert_eq!(call(&host, (ruling::module().id(), "apply"), &input, "rule").outcome, Outcome::Ok);
    let soon = now_ms() + 3_000;
    for name in ["first", "second"] {
        let receipt = call(&host, hold, &soon.to_le_bytes(), name);
        // Two holds of 10 have no room together.
        assert_eq!(receipt.outcome.is_ok(), name == "first", "{receipt:?}");
    }
    let full = east.pay(&host, &[store], 3).unwrap();
    assert_eq!(full.outcome, Outcome::Failed(-6), "what is held for the shop takes room, until {soon}");
    while now_ms() <= soon {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let balance = |host: &Host, owner: &Owner| block_on(host.account(store, owner.clone(), chip())).unwrap();
    // One that finds nothing to pay leaves the hold to the next.
    assert!(east.pay(&host, &[store], 13).unwrap().with.is_empty());
    assert_eq!(balance(&host, &shop).credits_held, 10);
    assert_eq!(east.pay(&host, &[store], 12).unwrap().outcome, Outcome::Ok);
    let now = balance(&host, &shop);
    assert_eq!((now.balance(), now.credits_held), (12, 0));
    assert_eq!(balance(&host, &Owner::Treasury).available(), 1_000);
    // The store goes down, and comes back with what its legs say.
    next.0.store(true, Ordering::SeqCst);
    let again = invocation_id(&["down"]);
    let caller = key("chair");
    let invocation = Invocation::new(
        host.origin(),
        store,
        hold.0,
        "hold",
        (now_ms() + 60_000).to_le_bytes(),
        again,
        caller.did(),
        now_ms() + 3_600_000,
    )
    .with_fuel(10_000_000);
    assert!(block_on(host.submit(Request::sign(&invocation, &caller)).unwrap()).is_err());
    let paid = (0..2_000).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        east.pay(&host, &[store], 1).ok()
    });
    assert_eq!(paid.unwrap().outcome, Outcome::Failed(-6), "the shop is full");
    let now = balance(&host, &shop);
    assert_eq!((now.balance(), now.credits_held), (12, 0));
    let checkpoint = host.close().unwrap();
    sound(dir.path(), true);
    snapshots(dir.path()).into_iter().for_each(|snapshot| std::fs::remove_file(snapshot).unwrap());
    let host = open(dir.path());
    assert_eq!(balance(&host, &shop).balance(), 12);
    assert_eq!(host.close().unwrap(), checkpoint);
    let verified =
        common::run(["ledger".as_ref(), "verify".as_ref(), "--data".as_ref(), dir.path().as_os_str()]);
    assert!(verified.status.success(), "{}", common::stderr(&verified));
}
