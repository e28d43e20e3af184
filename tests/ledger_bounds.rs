//! What an administrator or a guest may bring about at the edges of what the ledger takes: the host goes on, and its log
//! is one that it opens again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use common::second::{has_python, second};
use common::{block_on, key, manifest, open, scratch, sound, wasm};
use icn_runtime::ruling::{self, CapKey, Command, Level};
use icn_runtime::{
    Amount, BlockId, GrantLimits, Host, Invocation, ModuleSpec, Operation, Outcome, Owner, Receipt, Refusal,
    RefusalCode, Request, ScopeError, ScopeSpec, Unit, invocation_id, limits, now_ms,
};

/// Says twice that the largest amount has left the scope.
fn guest() -> Vec<u8> {
    let manifest = manifest(&["leak"], &["usage"]);
    wasm(&format!(
        r#"(module
  (import "icn" "host_record_resource_usage" (func $record (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "leak") (result i32)
    (drop (call $record (i32.const 2) (i64.const {most})))
    (call $record (i32.const 2) (i64.const {most})))
  {manifest})"#,
        most = i64::MAX
    ))
}

/// A scope whose treasury has more network than 64 bits count, and that grants so much of it.
fn spec(network: u64) -> ScopeSpec {
    let module = ModuleSpec::of(guest(), &["usage"], &[("leak", "anyone")]).unwrap();
    let grant = GrantLimits { fuel: 10_000_000, memory: 16, network };
    (0..8).fold(ScopeSpec::new("leaky").module(module).grant(grant), |spec, _| {
        spec.issue(Unit::network(), Owner::Treasury, Amount(i64::MAX as u64))
    })
}

/// An invocation of the scope, under a name.
fn call(
    host: &Host,
    (module, entry): (BlockId, &str),
    input: &[u8],
    by: &str,
    name: &str,
) -> Result<Receipt, Refusal> {
    let (id, expires, caller) = (invocation_id(&[name]), now_ms() + 3_600_000, key(by));
    let scope = key("scope").did();
    let invocation = Invocation::new(host.origin(), scope, module, entry, input, id, caller.did(), expires)
        .with_fuel(10_000_000);
    let pending = host.submit(Request::sign(&invocation, &caller))?;
    block_on(pending).map(|committed| (*committed.receipt).clone())
}

#[test]
fn no_grant_of_network_makes_a_receipt_that_the_ledger_does_not_book() {
    let dir = scratch();
    let host = open(dir.path());
    let module = ModuleSpec::of(guest(), &["usage"], &[("leak", "anyone")]).unwrap().id();
    let leak = |name: &str| call(&host, (module, "leak"), &[], "member", name).unwrap();
    let opened = block_on(host.open_scope(key("scope"), spec(u64::MAX)));
    if opened.is_ok() {
        // What came of it: a receipt in the log that no ledger books, on this host and on every one that opens the log.
        leak("first");
        leak("second");
    }
    assert!(matches!(&opened, Err(ScopeError::Invalid(what)) if what.contains("grant")), "{opened:?}");
    let most = limits::NETWORK_BYTES_MAX;
    block_on(host.open_scope(key("scope"), spec(most))).unwrap();
    assert_eq!(leak("more than the grant").outcome, Outcome::Failed(-6));
    host.close().unwrap();
    open(dir.path()).close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn a_cap_on_a_resource_that_is_used_up_can_be_raised() {
    for unit in [Unit::fuel(), Unit::memory()] {
        let dir = scratch();
        let host = open(dir.path());
        let module = ModuleSpec::of(guest(), &["usage"], &[("leak", "anyone")]).unwrap();
        let leaks = (module.id(), "leak");
        let spec = ScopeSpec::new("capped").admin(key("chair").did()).module(module);
        block_on(host.open_scope(key("scope"), spec)).unwrap();
        let cap = |host: &Host, max: Option<u64>, name: &str| {
            let cap = CapKey {
                scope: key("scope").did(),
                unit: unit.clone(),
                level: Level::Scope,
                window_ms: None,
            };
            let operations = [Operation::Rule(Box::new(Command::SetCap { cap, max, soft: None }))];
            let ledger = (ruling::module().id(), ruling::ENTRY);
            call(host, ledger, &ruling::input(&operations), "chair", name)
        };
        assert!(call(&host, leaks, &[], "member", "before").is_ok());
        assert_eq!(cap(&host, Some(1), "nothing is left").unwrap().outcome, Outcome::Ok);
        let exhausted = call(&host, leaks, &[], "member", "capped").unwrap_err();
        assert_eq!(exhausted.code, RefusalCode::Exhausted, "{exhausted}");
        host.close().unwrap();
        let host = open(dir.path());
        let raised =
            cap(&host, Some(1 << 50), "raised").unwrap_or_else(|refusal| panic!("{unit}: {refusal}"));
        assert_eq!(raised.outcome, Outcome::Ok);
        assert!(call(&host, leaks, &[], "member", "after").is_ok());
        host.close().unwrap();
        sound(dir.path(), true);
        if has_python() {
            let out = dir.path().join("export");
            let words = ["export", "--data", dir.path().to_str().unwrap(), "--out", out.to_str().unwrap()];
            assert!(common::run(words).status.success());
            let said = second(&[], &out);
            assert!(said.status.success(), "{}{}", common::stdout(&said), common::stderr(&said));
        }
    }
}
