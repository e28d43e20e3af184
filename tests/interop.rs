//! A second verifier, in another language and written from `docs/formats.md` alone, agrees with ours: it takes what is
//! exported and refuses each forgery. Skipped aloud where there is no Python.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::crossing_forgeries::{crossed, crossing_forgeries};
use common::forge::{forgeries, history};
use common::form_forgeries::{bounded, form_forgeries, long_ruling};
use common::hand::Begun;
use common::ledger_forgeries::{base, ledger_forgeries};
use common::second::{first_word, has_python, refusal, second};
use common::wishes::write_at_random;
use common::{Rng, demo, json, pabulib, run, samples, scratch, seed, stderr, stdout};
use icn_runtime::export::{ExportLayout, Publisher};
use icn_runtime::{Audit, Finding, Subject};

/// Random histories, and receipts that are tried in each.
const HISTORIES: u64 = 4;
const RECEIPTS: u64 = 60;

fn exported(data: &Path, out: &Path) {
    let words = ["export".as_ref(), "--data".as_ref(), data.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let output = run(words);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// Holds these elections and exports them: both say of the export that it holds, and what each account has.
fn both_take_a_demo(files: &[PathBuf]) {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    let held = demo(files, &data, &["--json"]);
    assert_eq!(held.status.code(), Some(0), "{}", stderr(&held));
    exported(&data, &out);
    let checkpoint = json(&held)["checkpoint"].clone();
    let expected =
        format!("holds: {} leaves, root {}", checkpoint["size"], checkpoint["root"].as_str().unwrap());
    assert_eq!(balances_told(&out, &expected), balances_of(&data));
}

#[test]
fn the_second_verifier_takes_the_export_of_a_demo() {
    if has_python() {
        both_take_a_demo(&samples());
    }
}

#[test]
#[ignore = "33 088 invocations: a minute or two of Python"]
fn the_second_verifier_takes_the_export_of_a_whole_city() {
    if let (true, Some(files)) = (has_python(), pabulib("poland_czestochowa_2020_")) {
        both_take_a_demo(&files);
    }
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
    let mallory = icn_core::log::verifier_key(&history.origin, &common::key("mallory").did());
    let output = second(&["--vkey", &mallory], &good);
    assert!(stdout(&output).starts_with("refused: log-key: "), "{}", stdout(&output));
}

#[test]
fn the_second_verifier_takes_a_publication_whatever_is_being_written_behind_its_checkpoint() {
    if !has_python() {
        return;
    }
    let dir = scratch();
    let (history, out) = (history(&dir.path().join("data")), dir.path().join("out"));
    drop(Publisher::open(&history.data, &out, &mut |_| {}).unwrap());
    let layout = ExportLayout::new(&out);
    let whole = std::fs::read(layout.car()).unwrap();
    for behind in [&b""[..], b"half a section", &[0x81, 0x80, 0x80, 0x80]] {
        std::fs::write(layout.car(), [&whole, behind].concat()).unwrap();
        let (ours, output) =
            (Audit::of(Subject::Export(out.clone())).run(&mut ()).unwrap(), second(&[], &out));
        assert!(ours.ok, "{}", ours.divergence.unwrap());
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    }
    std::fs::write(layout.car(), &whole[..whole.len() - 1]).unwrap();
    assert_eq!(refusal(&out).0, finding(&out).code);
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

#[test]
fn the_second_verifier_refuses_each_forgery_of_a_form_by_the_same_code() {
    if !has_python() {
        return;
    }
    let dir = scratch();
    let begun = Begun::new(&dir.path().join("data"));
    let mut others = Vec::new();
    for forgery in form_forgeries() {
        let out = dir.path().join(forgery.name);
        let position = forgery.make(&begun, &out);
        let (code, at, word) = refusal(&out);
        if (&*code, at) != (forgery.code, Some(position)) {
            others.push(format!("{}: {code} at {at:?}, {word}", forgery.name));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    let (at, ruling) = (dir.path().join("at the bounds"), dir.path().join("ruling"));
    bounded(&begun, &at);
    assert_eq!(refusal(&at).0, finding(&at).code);
    long_ruling(&begun, &ruling);
    let output = second(&[], &ruling);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}

/// Balances that are not zero, by scope, owner and unit.
type Balances = BTreeMap<[String; 3], String>;

fn balances(rows: &serde_json::Value) -> Balances {
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = rows.as_array().unwrap().iter();
    let all = rows.map(|row| (["scope", "owner", "unit"].map(|name| text(row, name)), text(row, "balance")));
    all.filter(|(_, balance)| balance != "0").collect()
}

/// What the second verifier says of the accounts of an export that holds.
fn balances_told(export: &Path, begins: &str) -> Balances {
    let output = second(&["--balances"], export);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{said}{}", stderr(&output));
    let (first, rows) = said.split_once('\n').unwrap();
    assert!(first.starts_with(begins), "{first}, expected {begins}");
    balances(&serde_json::from_str(rows).unwrap())
}

/// What ours says of the accounts of a data directory.
fn balances_of(data: &Path) -> Balances {
    let output =
        run(["ledger".as_ref(), "accounts".as_ref(), "--json".as_ref(), "--data".as_ref(), data.as_os_str()]);
    balances(&json(&output))
}

#[test]
fn of_scopes_that_cross_each_other_both_say_the_same() {
    if !has_python() {
        return;
    }
    let dir = scratch();
    let history = crossed(&dir.path().join("data"));
    let good = dir.path().join("good");
    exported(&history.data, &good);
    assert_eq!(balances_told(&good, "holds: "), balances_of(&history.data));
    let last = history.entries.split_last().unwrap().1;
    let position = Some(last.iter().map(|entry| entry.leaves.len() as u64).sum());
    let mut others = Vec::new();
    for forgery in crossing_forgeries() {
        let out = dir.path().join(forgery.name);
        forgery.make(&history, &out);
        let (ours, (code, at, word)) = (finding(&out), refusal(&out));
        let books = forgery.ledger.map(|_| first_word(&ours.found));
        let ours = (&*ours.code, ours.position, books.as_deref());
        let theirs = (&*code, at, forgery.ledger.map(|_| &*word));
        let expected = (forgery.code, position, forgery.ledger);
        if (ours, theirs) != (expected, expected) {
            others.push(format!("{}: {ours:?}, {theirs:?}, expected {expected:?}", forgery.name));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
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
        let told = balances_told(&out, "holds: ");
        let data = dir.path().join(format!("data {number}"));
        let words =
            ["import".as_ref(), "--from".as_ref(), out.as_os_str(), "--data".as_ref(), data.as_os_str()];
        let imported = run(words);
        assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
        assert_eq!(told, balances_of(&data), "history {number}");
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
