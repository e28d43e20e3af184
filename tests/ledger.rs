//! `icn ledger`: what a host's log says of its accounts is what the host says, at its end and at every position
//! before; what is exported adds up; and nothing is told of a log that does not hold.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use common::{CHIPS, block_on, chip, json, key, manifest, open, run, scratch, stderr, stdout, wasm};
use icn_runtime::{
    Amount, BlockId, Did, Host, Invocation, ModuleSpec, Outcome, Request, ScopeSpec, invocation_id, now_ms,
};

const ENTRIES: [&str; 3] = ["pay", "hold", "settle"];
const CAPABILITIES: [&str; 2] = ["transfer", "treasury"];
/// What a spreadsheet would carry out, a terminal would obey, and a text could not hold.
const MEMO: &str = "=1+1 \"x\"";

/// Balances by owner and unit, as text.
type Balances = BTreeMap<(String, String), String>;

/// Pays 5 CHIP of the treasury to the till; holds 10 for it until the time in its input; settles 7 of the hold that its
/// input names.
fn guest() -> Vec<u8> {
    let manifest = manifest(&ENTRIES, &CAPABILITIES);
    wasm(&format!(
        r#"(module
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
  (import "icn" "host_transfer" (func $transfer (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
  (import "icn" "host_hold" (func $hold (param i32 i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (import "icn" "host_settle_hold" (func $settle (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "till")
  (data (i32.const 16) "CHIP")
  (data (i32.const 32) "=1+1 \"x\"")
  (func (export "pay") (result i32)
    (call $transfer (i32.const 2) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4)
      (i64.const 5) (i32.const 32) (i32.const 8)))
  (func (export "hold") (result i32) (local $answer i32)
    (drop (call $get_input (i32.const 64) (i32.const 8)))
    (local.set $answer (call $hold (i32.const 2) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4)
      (i64.const 10) (i64.load (i32.const 64)) (i32.const 128)))
    (drop (call $set_output (i32.const 128) (i32.const 16)))
    (local.get $answer))
  (func (export "settle") (result i32)
    (drop (call $get_input (i32.const 64) (i32.const 16)))
    (call $settle (i32.const 64) (i64.const 7)))
  {manifest})"#
    ))
}

struct Desk {
    host: Host,
    scope: Did,
    module: BlockId,
}

impl Desk {
    fn open(data: &Path) -> Self {
        let host = open(data);
        let entries = ENTRIES.map(|entry| (entry, "anyone"));
        let module = ModuleSpec::of(guest(), &CAPABILITIES, &entries).unwrap();
        let id = module.id();
        let spec = ScopeSpec::new("till").module(module).token(chip(), Amount(CHIPS));
        block_on(host.open_scope(key("scope"), spec)).unwrap();
        Self { host, scope: key("scope").did(), module: id }
    }
    fn call(&self, entry: &str, input: &[u8], name: &str) -> Vec<u8> {
        let (id, expires, caller) = (invocation_id(&[name]), now_ms() + 3_600_000, key("member"));
        let origin = self.host.origin();
        let invocation =
            Invocation::new(origin, self.scope, self.module, entry, input, id, caller.did(), expires);
        let pending = self.host.submit(Request::sign(&invocation, &caller)).unwrap();
        let receipt = block_on(pending).unwrap().receipt;
        assert_eq!(receipt.outcome, Outcome::Ok, "{name}");
        receipt.output.clone()
    }
    /// What the host says of every account that has something that is not set aside.
    fn accounts(&self) -> Balances {
        let accounts = block_on(self.host.accounts()).into_iter();
        let told = accounts.map(|(id, account)| {
            ((id.owner.to_string(), id.unit.to_string()), account.available().to_string())
        });
        told.filter(|(_, balance)| balance != "0").collect()
    }
}

/// A payment, a hold that is settled, one that expires, one that stays open. Also what the host said after each.
fn history(data: &Path) -> (Did, Vec<Balances>) {
    let desk = Desk::open(data);
    let mut told = vec![desk.accounts()];
    let mut call = |entry: &str, input: &[u8], name: &str| {
        let output = desk.call(entry, input, name);
        told.push(desk.accounts());
        output
    };
    call("pay", &[], "pay");
    let far = (now_ms() + 3_600_000).to_le_bytes();
    let settled = call("hold", &far, "settled");
    call("hold", &far, "stays");
    let soon = now_ms() + 300;
    call("hold", &soon.to_le_bytes(), "expires");
    call("settle", &settled, "settle");
    while now_ms() <= soon {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    call("pay", &[], "the time of this ends the hold");
    desk.host.close().unwrap();
    (desk.scope, told)
}

fn ledger(data: &Path, arguments: &[&str]) -> Output {
    let (first, rest) = arguments.split_first().unwrap();
    run([&["ledger", first, "--data", data.to_str().unwrap()][..], rest].concat())
}

fn balances(output: &Output) -> Balances {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let rows = json(output);
    let rows = rows.as_array().unwrap().iter();
    let all = rows.map(|row| ((text(&row["owner"]), text(&row["unit"])), text(&row["balance"])));
    // The books have what is held on accounts of the holds'.
    all.filter(|((owner, _), balance)| balance != "0" && !owner.starts_with("hold:")).collect()
}

#[test]
fn the_log_says_of_accounts_what_the_host_said_at_every_position() {
    let dir = scratch();
    let (scope, told) = history(dir.path());
    // The host's block, the policy, and a receipt for each call.
    for (calls, told) in told.iter().enumerate() {
        let at = (2 + calls).to_string();
        assert_eq!(&balances(&ledger(dir.path(), &["accounts", "--json", "--at", &at])), told, "at {at}");
    }
    assert_eq!(&balances(&ledger(dir.path(), &["accounts", "--json"])), told.last().unwrap());
    let too_far = ledger(dir.path(), &["accounts", "--at", "1000"]);
    assert_eq!(too_far.status.code(), Some(2), "{}", stderr(&too_far));

    let verdict = json(&ledger(dir.path(), &["verify", "--json"]));
    assert_eq!((&verdict["ok"], &verdict["open_holds"]), (&true.into(), &1.into()), "{verdict}");
    assert_eq!(verdict["differences"], serde_json::json!([]));

    let scope = scope.to_string();
    let of_treasury = ["--scope", &scope, "--owner", "treasury", "--unit", "CHIP", "--json"];
    let statement = json(&ledger(dir.path(), &[&["statement"][..], &of_treasury].concat()));
    let lines = statement.as_array().unwrap();
    let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    // Settling 7 of 10 pays them from the hold to the till, and voids the rest.
    assert_eq!(kinds, ["issue", "transfer", "hold", "hold", "hold", "void", "expire", "transfer"]);
    assert_eq!(lines[1]["memo"], MEMO);
    let left = i128::from(CHIPS) - 5 - 7 - 10 - 5;
    assert_eq!(lines.last().unwrap()["balance"], left.to_string());

    let position = lines[1]["position"].as_str().unwrap();
    let trail = json(&ledger(dir.path(), &["trail", position, "--json"]));
    assert_eq!((&trail["receipt"], &trail["entry"]), (&lines[1]["block"], &"pay".into()), "{trail}");
    assert_eq!(trail["caller"], key("member").did().to_string());
    // What proves the entry needs nothing but a key.
    let (proof, vkey) = (dir.path().join("proof"), dir.path().join("log.vkey"));
    std::fs::write(&proof, trail["proof"].as_str().unwrap()).unwrap();
    let verified = |block: &str| {
        let (proof, vkey) = (proof.to_str().unwrap(), vkey.to_str().unwrap());
        run(["proof", block, "--verify", proof, "--vkey", vkey]).status.code()
    };
    assert_eq!(verified(trail["receipt"].as_str().unwrap()), Some(0));
    assert_eq!(verified(trail["invocation"].as_str().unwrap()), Some(1), "another block");
    let told = stdout(&ledger(dir.path(), &["trail", position]));
    assert!(told.ends_with(trail["proof"].as_str().unwrap()), "{told}");
    assert_eq!(ledger(dir.path(), &["trail", "0"]).status.code(), Some(2), "no line is of the host's block");
}

#[test]
fn what_is_exported_adds_up_to_the_accounts() {
    let dir = scratch();
    let (_, told) = history(dir.path());
    let csv = stdout(&ledger(dir.path(), &["export", "--format", "csv"]));
    assert!(csv.contains(",\"'=1+1 \"\"x\"\"\","), "a memo is text, and no formula: {csv}");
    let mut sums: BTreeMap<(String, String), i128> = BTreeMap::new();
    for row in csv.lines().skip(1) {
        // Before the memo nothing needs quotes.
        let cells: Vec<&str> = row.split(',').collect();
        let amount: i128 = cells[8].parse().unwrap();
        *sums.entry((cells[5].to_owned(), cells[7].to_owned())).or_default() -= amount;
        *sums.entry((cells[6].to_owned(), cells[7].to_owned())).or_default() += amount;
    }
    sums.retain(|(owner, _), sum| *sum != 0 && !owner.starts_with("hold:"));
    let sums: BTreeMap<_, _> = sums.into_iter().map(|(name, sum)| (name, sum.to_string())).collect();
    assert_eq!(&sums, told.last().unwrap());

    let beancount = stdout(&ledger(dir.path(), &["export", "--format", "beancount"]));
    let transactions = beancount.lines().filter(|line| line.contains(" * \"")).count();
    assert_eq!(transactions, csv.lines().count() - 1, "{beancount}");
    let asserted = beancount.lines().filter(|line| line.contains(" balance ")).count();
    assert!(asserted >= sums.len(), "every account is asserted: {beancount}");
}

#[test]
fn nothing_is_told_of_a_log_that_does_not_hold() {
    let dir = scratch();
    history(dir.path());
    let segment = common::segment(dir.path());
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    for arguments in [&["accounts"][..], &["export", "--format", "csv"], &["trail", "2"]] {
        let output = ledger(dir.path(), arguments);
        assert_eq!((output.status.code(), &*stdout(&output)), (Some(1), ""), "{arguments:?}");
        assert!(stderr(&output).contains("does not hold"), "{}", stderr(&output));
    }
    let output = ledger(dir.path(), &["verify", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output)["ok"], false);
    let output = ledger(&dir.path().join("nowhere"), &["accounts"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
