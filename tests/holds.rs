//! A hold outlives the process that placed it, from a snapshot and from the log alone; one that is past its
//! deadline returns to its payer with the scope's next receipt, and an audit finds it all so.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::time::Duration;

use common::{CHIPS, block_on, chip, key, manifest, open, scratch, snapshots, sound, wasm};
use icn_runtime::{
    Amount, BlockId, Did, Host, Invocation, ModuleSpec, Outcome, Owner, Receipt, Request, ScopeSpec,
    invocation_id, now_ms,
};

const ENTRIES: [&str; 3] = ["hold", "settle", "nothing"];

/// Holds 10 CHIP of the treasury for the till until the time in its input, and answers the hold's name; settles
/// the hold whose name is its input with 7.
fn guest() -> Vec<u8> {
    let manifest = manifest(&ENTRIES, &["transfer", "treasury"]);
    wasm(&format!(
        r#"(module
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
  (import "icn" "host_hold" (func $hold (param i32 i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (import "icn" "host_settle_hold" (func $settle (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "till")
  (data (i32.const 16) "CHIP")
  (func (export "hold") (result i32) (local $answer i32)
    (drop (call $get_input (i32.const 64) (i32.const 8)))
    (local.set $answer (call $hold (i32.const 2) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4)
      (i64.const 10) (i64.load (i32.const 64)) (i32.const 128)))
    (drop (call $set_output (i32.const 128) (i32.const 16)))
    (local.get $answer))
  (func (export "settle") (result i32)
    (drop (call $get_input (i32.const 64) (i32.const 16)))
    (call $settle (i32.const 64) (i64.const 7)))
  (func (export "nothing"))
  {manifest})"#
    ))
}

struct Desk {
    scope: Did,
    module: BlockId,
}

impl Desk {
    fn open(host: &Host) -> Self {
        let entries = ENTRIES.map(|entry| (entry, "anyone"));
        let module = ModuleSpec::of(guest(), &["transfer", "treasury"], &entries).unwrap();
        let (scope, id) = (key("scope").did(), module.id());
        let spec = ScopeSpec::new("escrow").module(module).token(chip(), Amount(CHIPS));
        block_on(host.open_scope(key("scope"), spec)).unwrap();
        Self { scope, module: id }
    }
    fn call(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Receipt {
        let (id, expires) = (invocation_id(&[name]), now_ms() + 3_600_000);
        let caller = key("member");
        let invocation =
            Invocation::new(host.origin(), self.scope, self.module, entry, input, id, caller.did(), expires);
        let pending = host.submit(Request::sign(&invocation, &caller)).unwrap();
        (*block_on(pending).unwrap().receipt).clone()
    }
    fn hold(&self, host: &Host, deadline: u64, name: &str) -> Vec<u8> {
        let receipt = self.call(host, "hold", &deadline.to_le_bytes(), name);
        assert_eq!(receipt.outcome, Outcome::Ok, "{name}");
        receipt.output
    }
    fn balance(&self, host: &Host, owner: &str) -> i128 {
        let account = host.account(self.scope, Owner::parse(owner).unwrap(), chip());
        block_on(account).unwrap().balance()
    }
}

#[test]
fn a_hold_survives_a_restart_and_expires() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host);
    let all = i128::from(CHIPS);
    let deadline = now_ms() + 2_000;
    let (long, other, short) = (
        desk.hold(&host, now_ms() + 3_600_000, "long"),
        desk.hold(&host, now_ms() + 3_600_000, "other"),
        desk.hold(&host, deadline, "short"),
    );
    assert_eq!(desk.balance(&host, "treasury"), all - 30);
    host.close().unwrap();

    // From the snapshot.
    assert_eq!(snapshots(dir.path()).len(), 1);
    let host = open(dir.path());
    assert_eq!(desk.balance(&host, "treasury"), all - 30);
    assert_eq!(desk.call(&host, "settle", &long, "settle long").outcome, Outcome::Ok);
    assert_eq!((desk.balance(&host, "till"), desk.balance(&host, "treasury")), (7, all - 27));
    host.close().unwrap();

    // From the log alone.
    for snapshot in snapshots(dir.path()) {
        std::fs::remove_file(snapshot).unwrap();
    }
    let host = open(dir.path());
    assert_eq!(desk.call(&host, "settle", &other, "settle other").outcome, Outcome::Ok);
    assert_eq!(desk.call(&host, "settle", &other, "settle again").outcome, Outcome::Failed(-4));
    assert_eq!(desk.balance(&host, "till"), 14);

    // Its deadline passes, whatever else happened until then.
    while now_ms() <= deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(desk.call(&host, "settle", &short, "settle short").outcome, Outcome::Failed(-4));
    assert_eq!((desk.balance(&host, "till"), desk.balance(&host, "treasury")), (14, all - 14));
    desk.call(&host, "nothing", &[], "nothing");
    let accounts = block_on(host.accounts());
    assert!(
        accounts.iter().all(|(id, _)| !matches!(id.owner, Owner::Hold(_))),
        "a closed hold leaves nothing"
    );
    host.close().unwrap();
    sound(dir.path(), true);
}
