//! What administrators rule: credit limits, largest balances, frozen and closed accounts, caps. Each ruling is an
//! invocation of the ledger's own module: signed, applied once, in the log, replayed by an audit; what it sets holds for
//! guests from then on, after a restart too.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use common::{Kept, block_on, chip, key, manifest, open, scratch, snapshots, sound, wasm};
use icn_runtime::ruling::{self, CapKey, Command, Level, Limits};
use icn_runtime::{
    AccountId, Amount, BlockId, Did, Host, Invocation, LedgerCode, ModuleSpec, Operation, Outcome, Owner,
    Receipt, Refusal, RefusalCode, Request, ScopeSpec, Unit, invocation_id, now_ms,
};

const EXHAUSTED: i32 = -6;
const DENIED: i32 = -5;
/// The only window of the time being.
const AGES_MS: u64 = 1 << 42;

/// Pays as much as its input says from the caller to the shop; answers whether it may; keeps as many bytes.
fn guest() -> Vec<u8> {
    let manifest = manifest(&["pay", "may", "keep"], &["transfer", "state"]);
    wasm(&format!(
        r#"(module
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
  (import "icn" "host_set_value" (func $set_value (param i32 i32 i32 i32) (result i32)))
  (import "icn" "host_check_resource_authorization" (func $check (param i32 i64) (result i32)))
  (import "icn" "host_transfer" (func $transfer (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "shop")
  (data (i32.const 16) "CHIP")
  (func $amount (result i64)
    (drop (call $get_input (i32.const 64) (i32.const 8)))
    (i64.load (i32.const 64)))
  (func (export "pay") (result i32)
    (call $transfer (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4)
      (call $amount) (i32.const 0) (i32.const 0)))
  (func (export "may")
    (i32.store (i32.const 128) (call $check (i32.const 3) (call $amount)))
    (drop (call $set_output (i32.const 128) (i32.const 1))))
  (func (export "keep") (result i32)
    (call $set_value (i32.const 0) (i32.const 4) (i32.const 256) (i32.wrap_i64 (call $amount))))
  {manifest})"#
    ))
}

struct Shop {
    scope: Did,
    module: BlockId,
    made: std::cell::Cell<u64>,
}

impl Shop {
    fn spec() -> ModuleSpec {
        let entries = [("pay", "anyone"), ("may", "anyone"), ("keep", "clerk")];
        ModuleSpec::of(guest(), &["transfer", "state"], &entries).unwrap()
    }
    fn open(host: &Host) -> Self {
        let spec = ScopeSpec::new("shop")
            .admin(key("chair").did())
            .role("clerk", [key("clerk").did(), key("alice").did()])
            .module(Self::spec())
            .token(chip(), Amount(1_000));
        block_on(host.open_scope(key("scope"), spec)).unwrap();
        Self { scope: key("scope").did(), module: Self::spec().id(), made: 0.into() }
    }
    fn submit(
        &self,
        host: &Host,
        (module, entry): (BlockId, &str),
        input: &[u8],
        caller: &str,
        fuel: u64,
    ) -> Result<Receipt, Refusal> {
        self.made.set(self.made.get() + 1);
        let id = invocation_id(&[&self.made.get().to_string()]);
        let (expires, caller) = (now_ms() + 3_600_000, key(caller));
        let invocation =
            Invocation::new(host.origin(), self.scope, module, entry, input, id, caller.did(), expires)
                .with_fuel(fuel);
        let pending = host.submit(Request::sign(&invocation, &caller))?;
        block_on(pending).map(|committed| (*committed.receipt).clone())
    }
    fn call(&self, host: &Host, entry: &str, amount: u64, caller: &str) -> Receipt {
        let input = amount.to_le_bytes();
        self.submit(host, (self.module, entry), &input, caller, 10_000_000).unwrap()
    }
    fn pay(&self, host: &Host, amount: u64, caller: &str) -> Outcome {
        self.call(host, "pay", amount, caller).outcome
    }
    fn may(&self, host: &Host, amount: u64, caller: &str) -> bool {
        self.call(host, "may", amount, caller).output == [1]
    }
    fn rule(&self, host: &Host, operations: &[Operation], caller: &str) -> Result<Receipt, Refusal> {
        let ledger = (ruling::module().id(), ruling::ENTRY);
        self.submit(host, ledger, &ruling::input(operations), caller, 10_000_000)
    }
    fn ruled(&self, host: &Host, commands: Vec<Command>) -> Outcome {
        let operations: Vec<Operation> =
            commands.into_iter().map(|command| Operation::Rule(Box::new(command))).collect();
        let receipt = self.rule(host, &operations, "chair").unwrap();
        assert_eq!(receipt.outcome.is_ok(), receipt.journal == operations, "{receipt:?}");
        receipt.outcome
    }
    fn account(&self, owner: &str) -> AccountId {
        AccountId { scope: self.scope, owner: self.owner(owner), unit: chip() }
    }
    fn owner(&self, owner: &str) -> Owner {
        if owner == "alice" { Owner::Member(key("alice").did()) } else { Owner::parse(owner).unwrap() }
    }
    fn credit(&self, owner: &str, credit: u64) -> Command {
        let limits = Limits { credit, balance_max: None };
        Command::SetLimits { account: self.account(owner), limits }
    }
    fn cap(&self, unit: Unit, level: Level, max: Option<u64>) -> Command {
        let cap = CapKey { scope: self.scope, unit, level, window_ms: Some(AGES_MS) };
        Command::SetCap { cap, max, soft: None }
    }
    fn balance(&self, host: &Host, owner: &str) -> i128 {
        block_on(host.account(self.scope, self.owner(owner), chip())).unwrap().balance()
    }
}

fn refused(code: LedgerCode) -> Outcome {
    Outcome::Failed(i32::from(code.number()))
}

#[test]
fn a_member_goes_below_zero_as_far_as_an_administrator_allowed() {
    let dir = scratch();
    let host = open(dir.path());
    let shop = Shop::open(&host);
    assert_eq!(shop.pay(&host, 10, "alice"), Outcome::Failed(EXHAUSTED));
    assert_eq!(shop.ruled(&host, vec![shop.credit("alice", 100)]), Outcome::Ok);
    assert_eq!(shop.pay(&host, 60, "alice"), Outcome::Ok);
    assert_eq!(shop.pay(&host, 41, "alice"), Outcome::Failed(EXHAUSTED));
    assert_eq!((shop.may(&host, 40, "alice"), shop.may(&host, 41, "alice")), (true, false));
    assert_eq!((shop.balance(&host, "alice"), shop.balance(&host, "shop")), (-60, 60));
    // A limit that is passed already is not set; of rulings that are asked together none holds then.
    let both = vec![shop.credit("alice", 1_000), shop.credit("alice", 59)];
    assert_eq!(shop.ruled(&host, both), refused(LedgerCode::LimitBroken));
    assert_eq!(shop.pay(&host, 41, "alice"), Outcome::Failed(EXHAUSTED));
    // Frozen, and free again.
    let account = shop.account("alice");
    assert_eq!(shop.ruled(&host, vec![Command::Freeze { account: account.clone() }]), Outcome::Ok);
    assert_eq!(shop.pay(&host, 1, "alice"), Outcome::Failed(DENIED));
    assert!(!shop.may(&host, 1, "alice"));
    host.close().unwrap();

    // From the snapshot, and from the log alone.
    let host = open(dir.path());
    assert_eq!(shop.pay(&host, 1, "alice"), Outcome::Failed(DENIED));
    assert_eq!(shop.ruled(&host, vec![Command::Unfreeze { account: account.clone() }]), Outcome::Ok);
    host.close().unwrap();
    for snapshot in snapshots(dir.path()) {
        std::fs::remove_file(snapshot).unwrap();
    }
    let host = open(dir.path());
    assert_eq!(shop.pay(&host, 40, "alice"), Outcome::Ok);
    assert_eq!(shop.pay(&host, 1, "alice"), Outcome::Failed(EXHAUSTED));
    // The treasurer pays without any guest, mints, and closes the shop, which takes nothing from then on.
    let pay = Operation::transfer(Owner::Treasury, shop.owner("alice"), chip(), 300);
    let mint = Operation::transfer(Owner::Issuance, Owner::Treasury, chip(), 7);
    assert_eq!(shop.rule(&host, &[pay, mint], "chair").unwrap().outcome, Outcome::Ok);
    assert_eq!((shop.balance(&host, "alice"), shop.balance(&host, "treasury")), (200, 707));
    assert_eq!(shop.ruled(&host, vec![Command::Close { account: shop.account("shop") }]), Outcome::Ok);
    assert_eq!(shop.pay(&host, 1, "alice"), Outcome::Failed(DENIED));
    host.close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn only_an_administrator_rules_and_only_over_the_own_scope() {
    let dir = scratch();
    let host = open(dir.path());
    let shop = Shop::open(&host);
    let credit = |scope| {
        let account = AccountId { scope, ..shop.account("alice") };
        let limits = Limits { credit: 5, balance_max: None };
        Operation::Rule(Box::new(Command::SetLimits { account, limits }))
    };
    let denied = shop.rule(&host, &[credit(shop.scope)], "alice").unwrap_err();
    assert_eq!(denied.code, RefusalCode::Denied);
    let ledger = (ruling::module().id(), "pay");
    let unknown = shop.submit(&host, ledger, &[], "chair", 1_000_000).unwrap_err();
    assert_eq!(unknown.code, RefusalCode::UnknownEntry);
    let unauthorised = |operation: Operation| {
        let receipt = shop.rule(&host, std::slice::from_ref(&operation), "chair").unwrap();
        assert_eq!(receipt.outcome, refused(LedgerCode::Unauthorised), "{operation:?}");
        assert!(receipt.journal.is_empty() && !receipt.output.is_empty());
    };
    unauthorised(credit(key("another scope").did()));
    unauthorised(Operation::transfer(shop.owner("alice"), Owner::Treasury, chip(), 1));
    unauthorised(Operation::Void { id: icn_core::name::Bytes([1; 16]) });
    let mint = Command::Mint { to: shop.account("alice"), amount: 1 };
    unauthorised(Operation::Rule(Box::new(mint)));
    let limits = Limits { credit: 5, balance_max: None };
    let fuel = AccountId { unit: Unit::fuel(), ..shop.account("treasury") };
    unauthorised(Operation::Rule(Box::new(Command::SetLimits { account: fuel, limits })));
    // Bytes that are no list of operations, and less fuel than it costs.
    let module = (ruling::module().id(), ruling::ENTRY);
    let receipt = shop.submit(&host, module, b"\x80\x00", "chair", 1_000_000).unwrap();
    assert_eq!(receipt.outcome, refused(LedgerCode::GroupSize));
    let input = ruling::input(&[credit(shop.scope)]);
    let receipt = shop.submit(&host, module, &input, "chair", ruling::fuel(1) - 1).unwrap();
    assert!(matches!(receipt.outcome, Outcome::Trapped(_)), "{receipt:?}");
    let receipt = shop.submit(&host, module, &input, "chair", ruling::fuel(1)).unwrap();
    assert_eq!((receipt.outcome, receipt.fuel), (Outcome::Ok, ruling::fuel(1)));
    host.close().unwrap();
    let (_, Kept(kept)) = sound(dir.path(), true);
    assert_eq!(kept.len(), 8);
}

#[test]
fn caps_bind_members_roles_and_resources() {
    let dir = scratch();
    let host = open(dir.path());
    let shop = Shop::open(&host);
    let give = Operation::transfer(Owner::Treasury, shop.owner("alice"), chip(), 500);
    assert_eq!(shop.rule(&host, &[give], "chair").unwrap().outcome, Outcome::Ok);
    let alice = Level::Member(key("alice").did());
    assert_eq!(shop.ruled(&host, vec![shop.cap(chip(), alice.clone(), Some(50))]), Outcome::Ok);
    assert_eq!(shop.pay(&host, 30, "alice"), Outcome::Ok);
    assert_eq!((shop.may(&host, 20, "alice"), shop.may(&host, 21, "alice")), (true, false));
    assert_eq!(shop.pay(&host, 21, "alice"), Outcome::Failed(EXHAUSTED));
    host.close().unwrap();

    // What was spent is known after a restart.
    let host = open(dir.path());
    assert_eq!(shop.pay(&host, 21, "alice"), Outcome::Failed(EXHAUSTED));
    assert_eq!(shop.pay(&host, 20, "alice"), Outcome::Ok);
    let role = Level::Role("clerk".to_owned());
    let caps = vec![
        shop.cap(chip(), alice, None),
        shop.cap(chip(), role.clone(), Some(9)),
        shop.cap(Unit::fuel(), role, Some(25_000_000)),
        shop.cap(Unit::storage(), Level::Scope, Some(100)),
    ];
    assert_eq!(shop.ruled(&host, caps), Outcome::Ok);
    // What the role spent before it had a cap does not count.
    assert_eq!(shop.pay(&host, 10, "alice"), Outcome::Failed(EXHAUSTED));
    assert_eq!(shop.pay(&host, 9, "alice"), Outcome::Ok);
    // 4 bytes of key and 96 of value: all that the cap leaves.
    assert_eq!(shop.call(&host, "keep", 97, "clerk").outcome, Outcome::Failed(EXHAUSTED));
    assert_eq!(shop.call(&host, "keep", 96, "clerk").outcome, Outcome::Ok);
    // A run's fuel limit is asked for before it runs: of 25 million some are burned.
    let input = 1u64.to_le_bytes();
    let ask = |fuel, caller| shop.submit(&host, (shop.module, "may"), &input, caller, fuel);
    let too_much = ask(25_000_000, "clerk").unwrap_err();
    assert_eq!(too_much.code, RefusalCode::Exhausted);
    assert!(too_much.message.contains("cap"), "{too_much}");
    assert!(ask(20_000_000, "clerk").is_ok());
    assert!(ask(25_000_000, "chair").is_ok(), "who does not hold the role is not bound");
    host.close().unwrap();
    let host = open(dir.path());
    let ask = |fuel, caller| shop.submit(&host, (shop.module, "may"), &input, caller, fuel);
    assert_eq!(ask(25_000_000, "clerk").unwrap_err().code, RefusalCode::Exhausted);
    host.close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn a_treasurer_reads_what_was_ruled_as_of_every_position() {
    let dir = scratch();
    let host = open(dir.path());
    let shop = Shop::open(&host);
    let alice = Level::Member(key("alice").did());
    let limits = Limits { credit: 100, balance_max: Some(900) };
    let first = vec![
        Command::SetLimits { account: shop.account("alice"), limits },
        Command::Freeze { account: shop.account("alice") },
        shop.cap(chip(), alice.clone(), Some(50)),
        shop.cap(chip(), Level::Role("clerk".to_owned()), Some(9)),
        shop.cap(chip(), Level::Scope, Some(1_000)),
    ];
    assert_eq!(shop.ruled(&host, first), Outcome::Ok);
    let second = vec![
        Command::Unfreeze { account: shop.account("alice") },
        Command::Open { account: shop.account("shop") },
        Command::Close { account: shop.account("shop") },
        shop.cap(chip(), alice, None),
    ];
    assert_eq!(shop.ruled(&host, second), Outcome::Ok);
    host.close().unwrap();

    let told = |arguments: &[&str]| {
        let data = dir.path().to_str().unwrap();
        let output = common::run([&["ledger", "accounts", "--data", data][..], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", common::stderr(&output));
        output
    };
    let cells = |arguments: &[&str], owner: &str| {
        let rows = common::json(&told(&[arguments, &["--json"]].concat()));
        let owner = shop.owner(owner).to_string();
        let row = rows.as_array().unwrap().iter().find(|row| row["owner"] == owner && row["unit"] == "CHIP");
        let cell = |name: &str| row.map_or("no row", |row| row[name].as_str().unwrap()).to_owned();
        ["credit_limit", "balance_max", "state", "caps"].map(cell)
    };
    let window = format!("in {AGES_MS} ms");
    // The host's block, the policy, the first ruling, the second.
    assert_eq!(cells(&["--at", "2"], "alice"), ["no row"; 4]);
    assert_eq!(
        cells(&["--at", "3"], "alice"),
        ["100", "900", "frozen", &format!("member: 50 {window}")],
        "frozen by the first"
    );
    let of_the_scope = format!("role clerk: 9 {window}; scope: 1000 {window}");
    assert_eq!(cells(&[], "treasury"), ["0", "", "open", &of_the_scope]);
    assert_eq!(cells(&[], "alice"), ["100", "900", "open", ""]);
    assert_eq!(cells(&[], "shop"), ["0", "", "closed", ""]);
    let csv = common::stdout(&told(&["--csv"]));
    let heading = "scope,owner,unit,debits,credits,balance,credit_limit,balance_max,state,caps";
    assert_eq!(csv.lines().next(), Some(heading));
    assert!(csv.contains(&format!(",0,,open,{of_the_scope}\n")), "{csv}");
}
