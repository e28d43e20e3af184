//! Scopes that deal with each other: each pays members of the others with a guest.

use std::sync::atomic::{AtomicU64, Ordering};

use icn_runtime::ruling::{self, Command, Limits};
use icn_runtime::{
    AccountId, Amount, BlockId, Did, Host, Invocation, ModuleSpec, Operation, Outcome, Owner, Pending,
    Receipt, Refusal, Request, ScopeSpec, invocation_id, now_ms,
};

use super::files::key;
use super::probe::chip;
use super::probe::manifest;
use super::probe::wasm;
use futures::executor::block_on;

/// Bytes of a did:key of an Ed25519 key.
const DID: usize = 56;

/// Pays so much to the shop of each scope that its input names; fails with the first code that it is answered.
pub(crate) fn guest() -> Vec<u8> {
    let manifest = manifest(&["pay"], &["cross"]);
    wasm(&format!(
        r#"(module
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_transfer_cross"
    (func $cross (param i32 i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "shop")
  (data (i32.const 16) "CHIP")
  (func (export "pay") (result i32)
    (local $at i32) (local $end i32) (local $code i32)
    (local.set $end (i32.add (i32.const 1024) (call $get_input (i32.const 1024) (i32.const 4096))))
    (local.set $at (i32.const 1032))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $code
          (call $cross (local.get $at) (i32.const {DID}) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4)
            (i64.load (i32.const 1024)) (i32.const 0) (i32.const 0)))
        (br_if $done (local.get $code))
        (local.set $at (i32.add (local.get $at) (i32.const {DID})))
        (br $next)))
    (local.get $code))
  {manifest})"#
    ))
}

/// One of them: its treasury has 1,000,000 and its member `NAME member` 1,000.
pub(crate) struct Town {
    pub(crate) name: &'static str,
    pub(crate) scope: Did,
    module: BlockId,
    made: AtomicU64,
}

impl Town {
    /// Opens a scope that deals with these.
    pub(crate) fn open(host: &Host, name: &'static str, with: &[&str]) -> Self {
        let module = ModuleSpec::of(guest(), &["cross"], &[("pay", "anyone")]).unwrap();
        let (id, member) = (module.id(), key(&format!("{name} member")).did());
        let mut spec = ScopeSpec::new(name)
            .admin(key("chair").did())
            .module(module)
            .token(chip(), Amount(1_000_000))
            .issue(chip(), Owner::Member(member), Amount(1_000));
        for other in with {
            spec = spec.counterpart(key(other).did());
        }
        let scope = block_on(host.open_scope(key(name), spec)).unwrap();
        Self { name, scope, module: id, made: 0.into() }
    }

    /// What was opened by [`open`](Self::open).
    pub(crate) fn of(name: &'static str) -> Self {
        let module = ModuleSpec::of(guest(), &["cross"], &[("pay", "anyone")]).unwrap();
        Self { name, scope: key(name).did(), module: module.id(), made: 1_000_000.into() }
    }

    /// Names for the next invocations that no other one has.
    pub(crate) fn next_id(&self) -> String {
        format!("{} {}", self.name, self.made.fetch_add(1, Ordering::Relaxed))
    }

    fn request(
        &self,
        host: &Host,
        (module, entry): (BlockId, &str),
        input: Vec<u8>,
        by: &str,
        id: &str,
    ) -> Request {
        let (id, caller) = (invocation_id(&[id]), key(by));
        let expires = now_ms() + 3_600_000;
        let invocation =
            Invocation::new(host.origin(), self.scope, module, entry, input, id, caller.did(), expires)
                .with_fuel(20_000_000);
        Request::sign(&invocation, &caller)
    }

    /// The member pays so much to the shop of each of these.
    pub(crate) fn submit(&self, host: &Host, to: &[Did], amount: u64) -> Result<Pending, Refusal> {
        self.submit_as(host, to, amount, &self.next_id())
    }
    pub(crate) fn submit_as(
        &self,
        host: &Host,
        to: &[Did],
        amount: u64,
        id: &str,
    ) -> Result<Pending, Refusal> {
        let mut input = amount.to_le_bytes().to_vec();
        to.iter().for_each(|scope| input.extend(scope.as_str().bytes()));
        assert_eq!(input.len(), 8 + to.len() * DID);
        let member = format!("{} member", self.name);
        host.submit(self.request(host, (self.module, "pay"), input, &member, id))
    }
    pub(crate) fn pay(&self, host: &Host, to: &[Did], amount: u64) -> Result<Receipt, Refusal> {
        block_on(self.submit(host, to, amount)?).map(|committed| (*committed.receipt).clone())
    }

    /// The chair rules.
    pub(crate) fn rule(&self, host: &Host, operations: &[Operation]) -> Receipt {
        let ledger = (ruling::module().id(), ruling::ENTRY);
        let request = self.request(host, ledger, ruling::input(operations), "chair", &self.next_id());
        (*block_on(host.submit(request).unwrap()).unwrap().receipt).clone()
    }
    /// Lets another scope owe this one so much.
    pub(crate) fn trust(&self, host: &Host, other: Did, credit: u64) {
        let account = AccountId { scope: self.scope, owner: Owner::Claim(other), unit: chip() };
        let limits = Limits { credit, balance_max: None };
        let ruled = self.rule(host, &[Operation::Rule(Box::new(Command::SetLimits { account, limits }))]);
        assert_eq!(ruled.outcome, Outcome::Ok, "{}", String::from_utf8_lossy(&ruled.output));
    }
    pub(crate) fn balance(&self, host: &Host, owner: &Owner) -> i128 {
        block_on(host.account(self.scope, owner.clone(), chip())).unwrap().balance()
    }
    pub(crate) fn member(&self) -> Owner {
        Owner::Member(key(&format!("{} member", self.name)).did())
    }
    pub(crate) fn shop(&self, host: &Host) -> i128 {
        self.balance(host, &Owner::parse("shop").unwrap())
    }
}

/// What each owes another is what that one claims of it.
pub(crate) fn books_agree(host: &Host, towns: &[Town]) {
    for a in towns {
        for b in towns.iter().filter(|b| b.scope != a.scope) {
            let owed = a.balance(host, &Owner::Owed(b.scope));
            let claim = b.balance(host, &Owner::Claim(a.scope));
            assert_eq!(owed, -claim, "{} owes {}", a.name, b.name);
        }
    }
}
