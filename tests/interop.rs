//! A second verifier, in another language and written from `docs/formats.md` alone, agrees with ours: it takes what is
//! exported and refuses each forgery. Skipped aloud where there is no Python.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::forge::{forgeries, history};
use common::{demo, run, samples, scratch, stderr, stdout};

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
