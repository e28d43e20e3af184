//! A scope with an escrow: a guest that holds and settles, written as text.

use icn_runtime::{
    Amount, BlockId, Did, Host, Invocation, ModuleSpec, Outcome, Owner, Receipt, Request, ScopeSpec,
    invocation_id, now_ms,
};

use super::desk::CHIPS;
use super::files::key;
use super::probe::chip;
use super::probe::manifest;
use super::probe::wasm;
use futures::executor::block_on;

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

/// The scope and its module.
#[derive(Debug)]
pub(crate) struct Escrow {
    pub(crate) scope: Did,
    pub(crate) module: BlockId,
}

impl Escrow {
    fn spec() -> ModuleSpec {
        let entries = ENTRIES.map(|entry| (entry, "anyone"));
        ModuleSpec::of(guest(), &["transfer", "treasury"], &entries).unwrap()
    }
    /// The scope, opened before or not.
    pub(crate) fn of() -> Self {
        Self { scope: key("scope").did(), module: Self::spec().id() }
    }
    pub(crate) fn open(host: &Host) -> Self {
        let spec = ScopeSpec::new("escrow").module(Self::spec()).token(chip(), Amount(CHIPS));
        block_on(host.open_scope(key("scope"), spec)).unwrap();
        Self::of()
    }
    /// A member's invocation that goes by this name, signed.
    pub(crate) fn request(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Request {
        let (id, expires) = (invocation_id(&[name]), now_ms() + 3_600_000);
        let caller = key("member");
        let (origin, caller_is) = (host.origin(), caller.did());
        let invocation =
            Invocation::new(origin, self.scope, self.module, entry, input, id, caller_is, expires);
        Request::sign(&invocation, &caller)
    }
    pub(crate) fn call(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Receipt {
        let pending = host.submit(self.request(host, entry, input, name)).unwrap();
        (*block_on(pending).unwrap().receipt).clone()
    }
    pub(crate) fn hold(&self, host: &Host, deadline: u64, name: &str) -> Vec<u8> {
        let receipt = self.call(host, "hold", &deadline.to_le_bytes(), name);
        assert_eq!(receipt.outcome, Outcome::Ok, "{name}");
        receipt.output
    }
    /// What an account has and has not set aside.
    pub(crate) fn available(&self, host: &Host, owner: &str) -> i128 {
        let account = host.account(self.scope, Owner::parse(owner).unwrap(), chip());
        block_on(account).unwrap().available()
    }
}
