//! A second verifier, in another language and written from `docs/formats.md` alone, agrees with ours: it takes what is
//! exported and refuses each forgery. Skipped aloud where there is no Python.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::forge::{forgeries, history};
use common::hand::{Begun, Hand, Kind, member, owner};
use common::ledger_forgeries::{base, ledger_forgeries};
use common::{Rng, chip, demo, json, key, run, samples, scratch, seed, stderr, stdout};
use icn_core::id::{Bytes, Owner, Unit};
use icn_core::ledger::Operation;
use icn_runtime::ruling::{CapKey, Command as Ruling, Level, Limits};
use icn_runtime::{AccountId, Audit, Finding, Subject};

/// Random histories, and receipts that are tried in each.
const HISTORIES: u64 = 4;
const RECEIPTS: u64 = 60;

/// Whether there is a Python; when not, says so.
fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok_and(|said| said.status.success());
    if !found {
        println!("SKIPPED: there is no python3 here, so the second verifier was not asked");
    }
    found
}

/// The second verifier's word on an export.
fn second(words: &[&str], export: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/verify.py");
    Command::new("python3").arg("-B").arg(script).args(words).arg(export).output().unwrap()
}

fn exported(data: &Path, out: &Path) {
    let words = ["export".as_ref(), "--data".as_ref(), data.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let output = run(words);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn the_second_verifier_takes_the_export_of_a_demo() {
    if !has_python() {
        return;
    }
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    let held = demo(&samples(), &data, &["--json"]);
    assert_eq!(held.status.code(), Some(0), "{}", stderr(&held));
    exported(&data, &out);
    let checkpoint = common::json(&held)["checkpoint"].clone();
    let expected =
        format!("holds: {} leaves, root {}\n", checkpoint["size"], checkpoint["root"].as_str().unwrap());
    let output = second(&[], &out);
    assert_eq!(stdout(&output), expected, "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_second_verifier_refuses_each_forgery_by_the_same_code() {
    if !has_python() {
        return;
    }
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    let good = dir.path().join("good");
    exported(&history.data, &good);
    let output = second(&[], &good);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    for forgery in forgeries() {
        let out = dir.path().join(forgery.name);
        forgery.make(&history, &out);
        let output = second(&[], &out);
        let said = stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{}: {said}{}", forgery.name, stderr(&output));
        let code =
            said.strip_prefix("refused: ").and_then(|rest| rest.split_once(": ")).map(|(code, _)| code);
        assert_eq!(code, Some(forgery.code), "{}: {said}", forgery.name);
    }
    // What only somebody knows who saw the log before.
    let older = dir.path().join("older");
    history.export(&history.entries[..8], &older);
    let note = |export: &Path| export.join("tiles/checkpoint").display().to_string();
    for (export, seen, code) in
        [(&good, &older, None), (&good, &good, None), (&older, &good, Some("size-of-a-seen-checkpoint"))]
    {
        let output = second(&["--seen", &note(seen)], export);
        assert_eq!(output.status.code(), Some(i32::from(code.is_some())), "{}", stdout(&output));
        assert!(code.is_none_or(|code| stdout(&output).contains(code)), "{}", stdout(&output));
    }
    let mallory = icn_core::checkpoint::verifier_key(&history.origin, &common::key("mallory").did());
    let output = second(&["--vkey", &mallory], &good);
    assert!(stdout(&output).starts_with("refused: log-key: "), "{}", stdout(&output));
}

/// What the second verifier says of an export that it refuses: code, position, and the first word of the rest.
fn refusal(export: &Path) -> (String, Option<u64>, String) {
    let output = second(&[], export);
    let said = stdout(&output);
    let mut parts = said.trim_end().splitn(4, ": ");
    assert_eq!((output.status.code(), parts.next()), (Some(1), Some("refused")), "{said}{}", stderr(&output));
    let code = parts.next().unwrap().to_owned();
    let position = parts.next().and_then(|text| text.strip_prefix("position ")).map(|at| at.parse().unwrap());
    (code, position, first_word(parts.next().unwrap_or_default()))
}

fn first_word(text: &str) -> String {
    text.split(',').next().unwrap_or_default().to_owned()
}

/// What ours says of it; of the ledger's refusals the word is its own code.
fn finding(export: &Path) -> Finding {
    let report = Audit::of(Subject::Export(export.to_owned())).run(&mut ()).unwrap();
    report.divergence.unwrap_or_else(|| panic!("{}: it passes", export.display()))
}

#[test]
fn the_second_verifier_refuses_each_forgery_of_a_journal_by_the_same_code() {
    if !has_python() {
        return;
    }
    let dir = scratch();
    let begun = Begun::new(&dir.path().join("data"));
    let good = dir.path().join("good");
    base(&begun).export(&good);
    let output = second(&[], &good);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let mut others = Vec::new();
    for forgery in ledger_forgeries() {
        let out = dir.path().join(forgery.name);
        let position = forgery.make(&begun, &out);
        let (code, at, word) = refusal(&out);
        if (&*code, at) != (forgery.code, Some(position))
            || forgery.ledger.is_some_and(|ledger| ledger != word)
        {
            others.push(format!("{}: {code} at {at:?}, {word}", forgery.name));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
}

/// Random choices of what is asked of a ledger.
struct Wishes<'a> {
    rng: &'a mut Rng,
    hand: &'a Hand,
}

impl Wishes<'_> {
    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        let at = self.rng.below(all.len() as u64);
        all[usize::try_from(at).unwrap()].clone()
    }
    fn owner(&mut self) -> Owner {
        let named = [owner("till"), owner("shop"), Owner::Treasury, Owner::Treasury, Owner::Issuance];
        let members = ["alice", "alice", "bob", "chair"].map(member);
        let rare = [Owner::Consumed, Owner::Owed(key("else").did()), Owner::Hold(Bytes([1; 16]))];
        let modules = Kind::ALL.map(Kind::owner);
        let all = [
            &named[..],
            &members,
            &named,
            &members,
            &modules[..3],
            &rare[..usize::from(self.rng.below(4) == 0)],
        ];
        self.one_of(&all.concat())
    }
    fn unit(&mut self) -> Unit {
        let other = ["DALE", "ELM", "fuel", "storage"].map(|name| Unit::parse(name).unwrap());
        self.one_of(&[&[chip(), chip(), chip(), chip()][..], &other].concat())
    }
    fn amount(&mut self) -> u64 {
        match self.rng.below(30) {
            0 => 0,
            1 => 1 << 63,
            2 => u64::MAX >> 1,
            _ => 1 + self.rng.below(60),
        }
    }
    fn operation(&mut self, module: Kind, caller: &str) -> Operation {
        let own = [member(caller), module.owner(), Owner::Treasury, Owner::Issuance];
        let from = if self.rng.below(8) == 0 { self.owner() } else { self.one_of(&own) };
        let holds = self.hand.books().holds;
        match self.rng.below(8) {
            0..=3 => {
                let memo = self.one_of(&["", "usage", "a memo"]).to_owned();
                let (to, unit, amount) = (self.owner(), self.unit(), self.amount());
                Operation::Transfer { from, to, unit, amount, memo }
            }
            4 | 5 => {
                let deadline = self.hand.time + self.rng.below(9_000);
                let (to, unit, amount) = (self.owner(), chip(), self.amount());
                let module = if self.rng.below(20) == 0 { Kind::Bank.id() } else { module.id() };
                Operation::Hold { id: Bytes([0; 16]), from, to, unit, amount, deadline, module }
            }
            _ if holds.is_empty() => Operation::Void { id: Bytes([9; 16]) },
            kind => {
                let (_, id, hold) = self.one_of(&holds);
                if kind == 6 {
                    Operation::Void { id }
                } else {
                    Operation::Settle { id, amount: self.rng.below(hold.amount + 2) }
                }
            }
        }
    }
    fn ruling(&mut self) -> Operation {
        let scope = if self.rng.below(30) == 0 { key("else").did() } else { self.hand.scope() };
        let (owner, unit) = (self.owner(), self.unit());
        let account = AccountId { scope, owner, unit: unit.clone() };
        let most = self.rng.below(400);
        let ruling = match self.rng.below(12) {
            0 => Ruling::OpenUnit { scope, unit, scale: u8::try_from(self.rng.below(20)).unwrap() },
            1 => Ruling::Open { account },
            2 => Ruling::Close { account },
            3 => Ruling::Freeze { account },
            4 | 5 => Ruling::Unfreeze { account },
            6 | 7 => {
                let balance_max = (self.rng.below(3) == 0).then_some(most * 3);
                Ruling::SetLimits { account, limits: Limits { credit: most / 4, balance_max } }
            }
            _ => {
                let role = self.one_of(&["clerk", "admin", "anyone", "nobody"]).to_owned();
                let alice = Level::Member(key("alice").did());
                let module = self.one_of(&Kind::ALL);
                let level =
                    self.one_of(&[alice, Level::Module(module.id()), Level::Role(role), Level::Scope]);
                let window_ms = self.one_of(&[None, Some(4_000), Some(10_000), Some(0)]);
                let max =
                    (self.rng.below(3) > 0).then_some(if unit.is_resource() { most * 100 } else { most });
                let soft = (self.rng.below(4) == 0).then_some(most / 2);
                Ruling::SetCap { cap: CapKey { scope, unit, level, window_ms }, max, soft }
            }
        };
        Operation::Rule(Box::new(ruling))
    }
}

/// Writes a random receipt. What of it the ledger refuses is exported as if it had not: some of it, each with a number.
fn write_at_random(hand: &mut Hand, rng: &mut Rng, forged: &mut Vec<PathBuf>, dir: &Path) {
    hand.time += rng.below(3_000);
    let caller = Wishes { rng, hand }.one_of(&["alice", "bob", "chair"]);
    let count = 1 + rng.below(6);
    let mut export = |hand: &Hand, draft, rng: &mut Rng| {
        if rng.below(10) == 0 {
            let out = dir.join(format!("forged {}", forged.len()));
            hand.export_with(draft, &out);
            forged.push(out);
        }
    };
    if rng.below(4) == 0 {
        let mut operations = Vec::new();
        for _ in 0..count.min(3) {
            let mut wishes = Wishes { rng, hand };
            let transfer = wishes.rng.below(4) == 0;
            operations.push(if transfer { wishes.operation(Kind::Ledger, "chair") } else { wishes.ruling() });
        }
        let (draft, code) = hand.rule("chair", &operations);
        if code.is_some() {
            let mut lie = draft.clone();
            lie.receipt.outcome = icn_runtime::Outcome::Ok;
            lie.receipt.journal.extend(operations);
            export(hand, lie, rng);
        }
        if hand.is_covered(&draft) {
            hand.write(draft);
        }
        return;
    }
    let module = Wishes { rng, hand }.one_of(&Kind::ALL[..4]);
    let wishes = (0..count).map(|_| Wishes { rng, hand }.operation(module, caller)).collect();
    let mut draft = hand.draft(caller, module, Vec::new());
    for journal in hand.ask(&mut draft, wishes) {
        let mut lie = draft.clone();
        lie.receipt.journal = journal;
        export(hand, lie, rng);
    }
    if rng.below(3) == 0 {
        let name = [b'a' + u8::try_from(rng.below(4)).unwrap()];
        let value = (rng.below(3) > 0).then(|| vec![0; usize::try_from(rng.below(30)).unwrap()]);
        hand.keep(&mut draft, &name, value);
    }
    if !hand.is_covered(&draft) {
        export(hand, draft, rng);
    } else {
        hand.write(draft);
    }
}

/// Balances that are not zero, by scope, owner and unit.
fn balances(rows: &serde_json::Value) -> BTreeMap<[String; 3], String> {
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = rows.as_array().unwrap().iter();
    let all = rows.map(|row| (["scope", "owner", "unit"].map(|name| text(row, name)), text(row, "balance")));
    all.filter(|(_, balance)| balance != "0").collect()
}

#[test]
fn of_random_histories_both_have_the_same_balances_and_the_same_objections() {
    if !has_python() {
        return;
    }
    let dir = scratch();
    let begun = Begun::new(&dir.path().join("data"));
    let mut rng = Rng::new(seed());
    let (mut forged, mut codes) = (Vec::new(), BTreeSet::new());
    for number in 0..HISTORIES {
        let (mut hand, out) = (begun.hand(), dir.path().join(format!("history {number}")));
        for _ in 0..RECEIPTS {
            write_at_random(&mut hand, &mut rng, &mut forged, dir.path());
        }
        hand.export(&out);
        let output = second(&["--balances"], &out);
        let said = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "history {number}: {said}{}", stderr(&output));
        let told = balances(&serde_json::from_str(said.lines().nth(1).unwrap()).unwrap());
        let data = dir.path().join(format!("data {number}"));
        let words =
            ["import".as_ref(), "--from".as_ref(), out.as_os_str(), "--data".as_ref(), data.as_os_str()];
        let imported = run(words);
        assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
        let ours = run([
            "ledger".as_ref(),
            "accounts".as_ref(),
            "--json".as_ref(),
            "--data".as_ref(),
            data.as_os_str(),
        ]);
        assert_eq!(told, balances(&json(&ours)), "history {number}");
    }
    for export in &forged {
        let ours = finding(export);
        let (code, at, word) = refusal(export);
        let books = if ours.code == "ledger" { first_word(&ours.found) } else { String::new() };
        let word = if code == "ledger" { word } else { String::new() };
        assert_eq!(
            (&*code, at, &*word),
            (&*ours.code, ours.position, &*books),
            "{}: {ours}",
            export.display()
        );
        codes.insert(format!("{code} {word}"));
    }
    println!("{} forgeries, refused by {codes:?}", forged.len());
    assert!(codes.len() >= 8, "too few kinds of refusals: {codes:?}");
}

#[test]
fn the_packages_of_ipld_read_the_car_of_an_export() {
    // `npm install @ipld/car @ipld/dag-cbor` somewhere, and ICN_NODE_MODULES says where.
    let Some(modules) = std::env::var_os("ICN_NODE_MODULES") else {
        println!("SKIPPED: ICN_NODE_MODULES names no directory with @ipld/car and @ipld/dag-cbor");
        return;
    };
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    let out = dir.path().join("out");
    exported(&history.data, &out);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/car.mjs");
    let read = || Command::new("node").arg(&script).arg(&modules).arg(&out).output().unwrap();
    let blocks = common::forge::car_parts(&out.join("log.car")).1.len();
    let output = read();
    assert_eq!(stdout(&output), format!("read: {blocks} blocks, 3 roots\n"), "{}", stderr(&output));
    let car = out.join("log.car");
    let mut bytes = std::fs::read(&car).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&car, bytes).unwrap();
    assert_eq!(read().status.code(), Some(1), "a block with other bytes");
}
