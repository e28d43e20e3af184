//! A guest as text, its files, and assertions on what the tools print.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::common::json;
use crate::common::{icn, run, scratch, stderr, stdout};

/// A guest whose entries each do one thing; its manifest asks for `state` and `treasury` and `transfer` and `dag`.
pub(crate) const GUEST: &str = r#"(module
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
  (import "icn" "host_get_caller_did" (func $caller (param i32 i32) (result i32)))
  (import "icn" "host_get_time" (func $time (result i64)))
  (import "icn" "host_log" (func $log (param i32 i32 i32) (result i32)))
  (import "icn" "host_abort" (func $abort (param i32 i32)))
  (import "icn" "host_set_value" (func $set (param i32 i32 i32 i32) (result i32)))
  (import "icn" "host_transfer" (func $transfer (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
  (import "icn" "host_store_node" (func $store (param i32 i32 i32 i32 i32) (result i32)))
  (import "icn" "host_anchor_to_dag" (func $anchor (param i32 i32 i32) (result i32)))
  (memory (export "memory") 16)
  (data (i32.const 0) "key\00\ffvalue")
  (data (i32.const 16) "PLN")
  (data (i32.const 32) "project/1")
  (data (i32.const 64) "it went wrong\1b[2J")
  (func (export "nothing"))
  (func (export "echo") (result i32)
    (call $set_output (i32.const 1024) (call $get_input (i32.const 1024) (i32.const 300000))))
  (func (export "who") (result i32)
    (call $set_output (i32.const 1024) (call $caller (i32.const 1024) (i32.const 100))))
  (func (export "when") (result i32)
    (i64.store (i32.const 1024) (call $time)) (call $set_output (i32.const 1024) (i32.const 8)))
  (func (export "all") (result i32)
    (drop (call $log (i32.const 3) (i32.const 64) (i32.const 13)))
    (if (call $set (i32.const 0) (i32.const 5) (i32.const 5) (i32.const 5)) (then (return (i32.const 1))))
    (if (call $transfer (i32.const 2) (i32.const 32) (i32.const 9) (i32.const 16) (i32.const 3) (i64.const 7)
          (i32.const 0) (i32.const 3)) (then (return (i32.const 2))))
    (if (call $store (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 512))
      (then (return (i32.const 3))))
    (if (call $anchor (i32.const 512) (i32.const 16) (i32.const 3)) (then (return (i32.const 4))))
    (call $set_output (i32.const 0) (i32.const 5)))
  (func (export "fails") (result i32)
    (drop (call $log (i32.const 0) (i32.const 64) (i32.const 17)))
    (drop (call $set_output (i32.const 16) (i32.const 3))) (i32.const -7))
  (func (export "aborts") (call $abort (i32.const 64) (i32.const 17)))
  (func (export "traps") (call $inner))
  (func $inner unreachable)
  (func (export "spins") (loop $again (br $again)))
  (func (export "recurses") (call $deep))
  (func $deep (call $deep) (call $deep))
  (func (export "faults") (result i32) (call $set_output (i32.const 1048570) (i32.const 7)))
  (func (export "helper") (param i32) (result i32) (local.get 0)))"#;

pub(crate) const MANIFEST: &str = r#"{"abi":1,"name":"sample","version":"0.1.0","entries":["echo","all"],
    "capabilities":["state","transfer","treasury","dag"]}"#;

/// A module from its text, with a manifest or none.
pub(crate) fn module(text: &str, manifest: Option<&str>) -> Vec<u8> {
    let mut bytes = wat::parse_str(text).unwrap();
    if let Some(manifest) = manifest {
        let mut section = vec![12];
        section.extend(b"icn.manifest");
        section.extend(manifest.as_bytes());
        bytes.push(0);
        let (low, high) = (section.len() % 128, section.len() / 128);
        bytes.extend([u8::try_from(low).unwrap() | 0x80, u8::try_from(high).unwrap()]);
        bytes.extend(section);
    }
    bytes
}

pub(crate) struct Files(pub(crate) tempfile::TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        let files = Self(scratch());
        files.put("sample.wasm", &module(GUEST, Some(MANIFEST)));
        files
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }
    /// `icn run sample.wasm` with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        icn().arg("run").arg(self.path("sample.wasm")).args(arguments).output().unwrap()
    }
    /// The same with `--json`, and the exit code that it must have.
    pub(crate) fn report(&self, arguments: &[&str], code: i32) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        json(&output)
    }
}

pub(crate) fn check(path: &Path) -> Output {
    run([Path::new("check"), path, Path::new("--json")])
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// Names and fuel of the functions that burned any.
pub(crate) fn fuel_by_function(report: &Value) -> Vec<(String, u64)> {
    let burned = report["fuel_by_function"].as_array().unwrap().iter();
    burned.map(|of| (of["name"].as_str().unwrap().to_owned(), of["fuel"].as_u64().unwrap())).collect()
}

/// A misuse: exit code 2, nothing on standard output, and these words on standard error.
pub(crate) fn misused(output: &Output, words: &str) {
    assert_eq!(code(output), 2, "{}", stderr(output));
    assert_eq!(stdout(output), "");
    assert!(stderr(output).contains(words), "{}", stderr(output));
}

/// `icn … FILE` with this on standard input.
pub(crate) fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = icn();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever refuses before it reads closes this early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}
