//! The auditor's program, on the log that an earlier version of the host wrote (`tests/recorded/` of the workspace).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A part of the recorded data.
fn recorded(part: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/recorded")).join(part)
}

fn run(arguments: &[&str], dir: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_icn-audit")).args(arguments).arg(dir).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// Changes one byte in the middle of a file.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn an_honest_directory_and_its_export_hold() {
    for part in ["data", "export"] {
        for level in [&[][..], &["--structure"]] {
            let output = run(level, &recorded(part));
            assert_eq!(output.status.code(), Some(0), "{part}: {output:?}");
            assert!(printed(&output).ends_with("audit passed\n"), "{part}: {output:?}");
        }
    }
    let output = run(&["--json"], &recorded("data"));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["ok"], &report["level"]), (&true.into(), &"ledger".into()));
}

#[test]
fn a_changed_byte_in_a_directory_and_in_an_export_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    for (part, file) in [("data", "log/00000000.seg"), ("export", "log.car")] {
        let dir = scratch.path().join(part);
        copy(&recorded(part), &dir);
        damage(&dir.join(file));
        let output = run(&[], &dir);
        assert_eq!(output.status.code(), Some(1), "{part}: {output:?}");
        let text = printed(&output);
        assert!(text.contains("AUDIT FAILED at position") && text.contains(file), "{part}: {text}");
    }
}

#[test]
fn a_log_that_was_cut_behind_its_checkpoint_does_not_hold() {
    let scratch = tempfile::tempdir().unwrap();
    copy(&recorded("data"), scratch.path());
    let segment = scratch.path().join("log/00000000.seg");
    let length = fs::metadata(&segment).unwrap().len();
    fs::File::options().write(true).open(&segment).unwrap().set_len(length / 1024 * 512).unwrap();
    assert_eq!(run(&[], scratch.path()).status.code(), Some(1));
}

#[test]
fn what_is_no_log_and_what_is_no_argument_is_misuse() {
    let empty = tempfile::tempdir().unwrap();
    let output = run(&[], empty.path());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no log there"), "{output:?}");
    for wrong in [&["--unknown"][..], &["elsewhere"], &["--structure", "--structure"]] {
        let output = run(wrong, &recorded("data"));
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("usage:"), "{output:?}");
    }
}
