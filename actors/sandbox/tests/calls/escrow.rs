//! `host_hold`, `host_settle_hold`, `host_void_hold`.

use icn_core::block::{Capability, Operation};
use icn_core::ledger::{Actor, Booking};
use icn_core::limits;
use icn_core::name::{BlockId, Codec, HoldId, Owner, hold_id};

use super::*;
use crate::common::{Port, TIME_MS, caller, scope, token};

/// The name of the run's hold of that number.
fn id(index: u64) -> HoldId {
    hold_id(&[9; 32], index)
}

fn at(ahead: i64) -> i64 {
    i64::try_from(TIME_MS).unwrap() + ahead
}

fn hold(script: &mut Script, from: i32, to: &str, amount: i64, deadline: i64, answer: i64) {
    script.call("host_hold", &[N(from), T(to), T("H"), L(amount), L(deadline), At(64)], answer);
}

#[test]
fn a_hold_is_settled_voided_and_then_gone() {
    let mut script = Script::default();
    hold(&mut script, 0, "shop", 60, at(1), 0);
    // The name that was written is the hold's.
    script.call("host_settle_hold", &[At(64), L(0)], INVALID);
    script.call("host_settle_hold", &[At(64), L(61)], EXHAUSTED);
    let me = caller().to_string();
    script.call("host_get_balance", &[T(&me), T("H")], 40);
    script.call("host_get_balance", &[T(&format!("hold:{}", id(0))), T("H")], 60);
    script.call("host_settle_hold", &[At(64), L(25)], 0);
    script.call("host_get_balance", &[T(&me), T("H")], 75);
    script.call("host_get_balance", &[T("shop"), T("H")], 25);
    script.call("host_settle_hold", &[At(64), L(1)], NOT_FOUND);
    script.call("host_void_hold", &[At(64)], NOT_FOUND);
    hold(&mut script, 2, &me, 50, at(1000), 0);
    script.call("host_void_hold", &[At(64)], 0);
    hold(&mut script, 0, "shop", 75, at(1000), 0);
    script.call("host_settle_hold", &[P(&id(2).0), L(75)], 0);
    script.call("host_void_hold", &[P(&id(3).0)], NOT_FOUND);
    let world = World::new();
    let staged = script.run(&world);
    let named = |n: u64| id(n).to_string();
    let expected = [
        (me.clone(), "for shop".into(), 60),
        ("settle".into(), named(0), 25),
        ("treasury".into(), format!("for {me}"), 50),
        ("void".into(), named(1), 0),
        (me, "for shop".into(), 75),
        ("settle".into(), named(2), 75),
    ];
    assert_eq!(said(&staged), expected);
    let Operation::Hold { id: first, deadline, module, .. } = &staged.journal[0] else {
        panic!("{staged:?}")
    };
    assert_eq!((*first, *deadline, *module), (id(0), TIME_MS + 1, script.module().id()));
}

#[test]
fn a_deadline_is_ahead_and_not_too_far() {
    let most = i64::try_from(limits::HOLD_AHEAD_MS_MAX).unwrap();
    let mut script = Script::default();
    for deadline in [at(0), at(-1), 0, -1, i64::MIN, at(most + 1), i64::MAX] {
        hold(&mut script, 0, "shop", 1, deadline, INVALID);
    }
    hold(&mut script, 0, "shop", 1, at(1), 0);
    hold(&mut script, 0, "shop", 1, at(most), 0);
    let world = World::new();
    assert_eq!(script.run(&world).journal.len(), 2);
}

#[test]
fn a_hold_is_refused_for_what_is_wrong_with_it() {
    let mut script = Script::default();
    let me = caller().to_string();
    let other = format!("hold:{}", id(9));
    for from in [-1, 3] {
        hold(&mut script, from, "shop", 1, at(1), INVALID);
    }
    hold(&mut script, 0, "shop", 101, at(1), EXHAUSTED);
    hold(&mut script, 0, "shop", 0, at(1), INVALID);
    hold(&mut script, 0, "-", 1, at(1), INVALID);
    hold(&mut script, 0, &me, 1, at(1), INVALID);
    for owner in ["issuance", "consumed", &other] {
        hold(&mut script, 0, owner, 1, at(1), DENIED);
        script.call("host_transfer", &[N(0), T(owner), T("H"), L(1), T("")], DENIED);
    }
    script.call("host_hold", &[N(0), T("shop"), T("network"), L(1), L(at(1)), At(64)], INVALID);
    assert!(script.run(&World::new()).journal.is_empty());
    let mut script = Script::default();
    hold(&mut script, 2, "shop", 1, at(1), DENIED);
    hold(&mut script, 0, "shop", 1, at(1), 0);
    script.run(&World::new().without(Capability::Treasury));
    let mut script = Script::default();
    hold(&mut script, 0, "shop", 1, at(1), DENIED);
    script.call("host_settle_hold", &[P(&id(0).0), L(1)], DENIED);
    script.call("host_void_hold", &[P(&id(0).0)], DENIED);
    script.run(&World::new().without(Capability::Transfer));
}

/// A ledger in which a hold was placed at a time before the run, by this module or by another.
fn with_hold(module: BlockId, time: u64, deadline: u64) -> World {
    let world = World::new();
    let (from, to) = (Owner::Member(caller()), Owner::Name("shop".into()));
    let placing = Operation::Hold { id: id(7), from, to, unit: token(), amount: 30, deadline, module };
    let mut bank = world.port.0.lock().unwrap();
    bank.ledger.stage(scope(), time, &Actor::default(), placing.clone()).unwrap();
    let usage = icn_core::block::Usage::default();
    let booking =
        Booking { scope: scope(), time, fuel: 0, usage, journal: &[placing], actor: &Actor::default() };
    bank.ledger.post(&booking, true).unwrap();
    drop(bank);
    world
}

#[test]
fn only_the_module_that_placed_it_closes_a_hold_and_only_before_its_deadline() {
    let me = caller().to_string();
    let close = |answer: i64| {
        let mut script = Script::default();
        script.call("host_settle_hold", &[P(&id(7).0), L(30)], answer);
        if answer != 0 {
            script.call("host_void_hold", &[P(&id(7).0)], answer);
        }
        script
    };
    let far = 1 + limits::HOLD_AHEAD_MS_MAX;
    // In this ledger's time 1 is long ago, and the run is at TIME_MS: the hold is past its deadline.
    let script = close(NOT_FOUND);
    let world = with_hold(script.module().id(), 1, far);
    assert!(script.run(&world).journal.is_empty());
    assert_eq!(world.port.balance_of(&Owner::Member(caller())), 100, "it returned to {me}");
    // Held by this module or another, at a time at which it is open.
    let open = |module: BlockId| with_hold(module, TIME_MS, TIME_MS + 1);
    let script = close(DENIED);
    let world = open(BlockId::of(Codec::Raw, b"another module"));
    assert!(script.run(&world).journal.is_empty());
    assert_eq!(world.port.balance_of(&Owner::Hold(id(7))), 30);
    let script = close(0);
    let world = open(script.module().id());
    assert_eq!(script.run(&world).journal.len(), 1);
    assert_eq!(world.port.balance_of(&Owner::Name("shop".into())), 30);
}

#[test]
fn a_scope_has_so_many_open_holds_at_most() {
    let world = World::new();
    {
        let mut bank = world.port.0.lock().unwrap();
        let mint = icn_core::block::Issue {
            unit: token(),
            to: Owner::Name("rich".into()),
            amount: limits::HOLDS_OPEN_MAX as u64,
        };
        bank.ledger.issue(scope(), &[mint]).unwrap();
        for n in 1..limits::HOLDS_OPEN_MAX as u64 {
            let placing = Operation::Hold {
                id: hold_id(&[1; 32], n),
                from: Owner::Name("rich".into()),
                to: Owner::Treasury,
                unit: token(),
                amount: 1,
                deadline: TIME_MS + 1,
                module: BlockId::of(Codec::Raw, b"another module"),
            };
            bank.ledger.stage(scope(), TIME_MS, &Actor::default(), placing).unwrap();
        }
    }
    let mut script = Script::default();
    hold(&mut script, 0, "shop", 1, at(1), 0);
    hold(&mut script, 0, "shop", 1, at(1), LIMIT);
    script.call("host_void_hold", &[P(&id(0).0)], 0);
    hold(&mut script, 0, "shop", 1, at(1), 0);
    assert_eq!(script.run(&world).journal.len(), 3);
}

/// A ledger that does not answer is the host's fault here too.
#[test]
fn a_closed_ledger_is_the_hosts_fault() {
    let mut script = Script::default();
    script.call("host_void_hold", &[P(&id(0).0)], NOT_FOUND);
    let module = script.module();
    let world = World { port: Port::closed(), ..World::new() };
    assert!(matches!(world.try_run(&module, "run"), Err(icn_sandbox::RunError::HostFault(_))));
}
