//! A scratch says what a host says: the same story on both, with the same keys, and every receipt is the same field
//! by field but for what is the host's own (the log's name, the time, and the blocks that these are part of).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::sync::Arc;

use common::{block_on, open};
use icn_core::encode::Block;
use icn_core::name::Codec;
use icn_runtime::{
    Amount, BlockId, Invocation, ModuleSpec, Owner, Receipt, Request, ScopeSpec, Unit, invocation_id, now_ms,
};
use icn_sandbox::scratch::{Scratch, ScratchCall, member_key, scope_key};
use icn_sandbox::{Engine, EngineOptions, Module, capabilities};

const BALLOT: &[u8] = include_bytes!("../guest/prebuilt/ballot.wasm");
const ELECTION: &str = "vote_type;approval\nbudget;5000\nunit;PLN\nPROJECTS\n1;3000\n2;2500\n3;1800\n";
const FUEL: u64 = 50_000_000;

/// Who calls what: votes, failures, a trap, a tally.
const STORY: &[(&str, &str, &str, u64)] = &[
    ("ann", "vote", "1", FUEL),
    ("chair", "open", ELECTION, FUEL),
    ("ann", "vote", "1,3", FUEL),
    ("ann", "vote", "2", FUEL),
    ("bob", "vote", "2", 4_000),
    ("bob", "vote", "2,3", FUEL),
    ("eve", "vote", "9", FUEL),
    ("eve", "vote", "", FUEL),
    ("chair", "tally", "x", FUEL),
    ("chair", "tally", "", 2 * FUEL),
    ("eve", "vote", "1", FUEL),
];

/// The receipt with what is the host's own taken from another.
fn as_if_of(receipt: &Receipt, of: &Receipt) -> Receipt {
    let host = of.clone();
    Receipt {
        log: host.log,
        prev: host.prev,
        invocation: host.invocation,
        time: host.time,
        ..receipt.clone()
    }
}

/// A scratch with the module as `icn run` has it, told where its fuel goes, or as a host has it.
fn scratch(profiled: bool) -> Scratch {
    let engine = Engine::new(&EngineOptions { backtraces: profiled, ..EngineOptions::default() }).unwrap();
    let block = Block::new(Codec::Raw, BALLOT.to_vec());
    let module = if profiled {
        Module::compile_profiled(&engine, &block).unwrap()
    } else {
        Module::compile(&engine, &block).unwrap()
    };
    let mut scratch = Scratch::open(&engine).unwrap();
    let granted = capabilities(&module, ["all"]).unwrap();
    assert_eq!(scratch.install(Arc::new(module), &granted).unwrap(), BlockId::of(Codec::Raw, BALLOT));
    scratch.issue(Unit::parse("PLN").unwrap(), Owner::Treasury, 5_000).unwrap();
    scratch
}

#[test]
fn a_scratch_and_a_host_give_the_same_receipts() {
    let data = common::scratch();
    let host = open(data.path());
    let token = Unit::parse("PLN").unwrap();
    let entries = [("open", "anyone"), ("vote", "anyone"), ("tally", "anyone")];
    let spec = ModuleSpec::of(BALLOT.to_vec(), &["state", "dag", "transfer", "treasury"], &entries).unwrap();
    let module = spec.id();
    let spec = ScopeSpec::new("scratch").module(spec).issue(token.clone(), Owner::Treasury, Amount(5_000));
    let scope = block_on(host.open_scope(scope_key(), spec)).unwrap();

    let mut scratch = scratch(false);
    let mut profiled = self::scratch(true);
    assert_eq!(scratch.scope(), scope);

    let mut outcomes = Vec::new();
    for (at, (name, entry, input, fuel)) in STORY.iter().enumerate() {
        let key = member_key(name);
        let id = invocation_id(&["story", &at.to_string()]);
        let expires = now_ms() + 60_000;
        let invocation = Invocation::new(host.origin(), scope, module, entry, *input, id, key.did(), expires);
        let request = Request::sign(&invocation.with_fuel(*fuel), &key);
        let theirs = block_on(host.submit(request).unwrap()).unwrap().receipt;

        let member = scratch.member(name);
        let call = ScratchCall::new(module, entry, member).with_input(*input).with_fuel(*fuel);
        let ours = scratch.invoke(&call).unwrap();
        assert_eq!(as_if_of(&ours.receipt, &theirs), *theirs, "{name} {entry} {input:?}");
        assert_eq!(ours.fuel_limit, *fuel);
        profiled.member(name);
        let told = profiled.invoke(&call).unwrap();
        assert_eq!(told.receipt, ours.receipt, "being profiled changes nothing");
        assert_eq!((told.log, told.host_calls), (ours.log, ours.host_calls));
        let fuel_by_function = told.profiled.unwrap().fuel;
        assert_eq!(fuel_by_function.iter().map(|of| of.fuel).sum::<u64>(), ours.receipt.fuel);
        outcomes.push(ours.receipt.outcome);
    }
    // The story has all kinds of ends, so the comparison says something.
    let text = format!("{outcomes:?}");
    assert!(text.contains("Ok") && text.contains("Failed(30)") && text.contains("OutOfFuel"), "{text}");
    assert_eq!(outcomes[9], icn_runtime::Outcome::Ok, "the tally");

    let view = block_on(host.view(&scope)).unwrap();
    assert_eq!((view.root, view.invocations), (scratch.root(), STORY.len()));
    for owner in ["treasury", "project/1", "project/2", "project/3", "consumed"] {
        let owner = Owner::parse(owner).unwrap();
        for unit in [token.clone(), Unit::fuel(), Unit::memory(), Unit::storage()] {
            let theirs = block_on(host.account(scope, owner.clone(), unit.clone())).unwrap();
            assert_eq!(scratch.balance(owner.clone(), unit.clone()), theirs.balance(), "{owner} {unit}");
        }
    }
    host.close().unwrap();
}
