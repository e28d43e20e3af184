//! The tools of those who write guests, as a person or a script runs them: `icn check`, `icn run`, `icn abi`. What
//! they print as JSON, their exit codes, and files that are not what they should be.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{icn, json, run, scratch, stderr, stdout};
use icn_core::block::TrapKind;
use icn_core::limits;
use icn_core::name::hex;
use serde_json::{Value, json};

/// A guest whose entries each do one thing; its manifest asks for `state` and `treasury` and `transfer` and `dag`.
const GUEST: &str = r#"(module
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

const MANIFEST: &str = r#"{"abi":1,"name":"sample","version":"0.1.0","entries":["echo","all"],
    "capabilities":["state","transfer","treasury","dag"]}"#;

/// A module from its text, with a manifest or none.
fn module(text: &str, manifest: Option<&str>) -> Vec<u8> {
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

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(scratch());
        files.put("sample.wasm", &module(GUEST, Some(MANIFEST)));
        files
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }
    /// `icn run sample.wasm` with these arguments.
    fn run(&self, arguments: &[&str]) -> Output {
        icn().arg("run").arg(self.path("sample.wasm")).args(arguments).output().unwrap()
    }
    /// The same with `--json`, and the exit code that it must have.
    fn report(&self, arguments: &[&str], code: i32) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        json(&output)
    }
}

fn check(path: &Path) -> Output {
    run([Path::new("check"), path, Path::new("--json")])
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// Names and fuel of the functions that burned any.
fn fuel_by_function(report: &Value) -> Vec<(String, u64)> {
    let burned = report["fuel_by_function"].as_array().unwrap().iter();
    burned.map(|of| (of["name"].as_str().unwrap().to_owned(), of["fuel"].as_u64().unwrap())).collect()
}

/// A misuse: exit code 2, nothing on standard output, and these words on standard error.
fn misused(output: &Output, words: &str) {
    assert_eq!(code(output), 2, "{}", stderr(output));
    assert_eq!(stdout(output), "");
    assert!(stderr(output).contains(words), "{}", stderr(output));
}

#[test]
fn a_module_is_checked() {
    let files = Files::new();
    let output = check(&files.path("sample.wasm"));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = json(&output);
    assert_eq!(report["accepted"], json!(true));
    assert_eq!(report["reasons"], json!([]));
    assert_eq!((&report["name"], &report["version"]), (&json!("sample"), &json!("0.1.0")));
    assert_eq!(report["capabilities"], json!(["state", "dag", "transfer", "treasury"]));
    let entries: Vec<(&str, bool)> = report["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["name"].as_str().unwrap(), entry["returns"].as_bool().unwrap()))
        .collect();
    assert!(entries.contains(&("nothing", false)) && entries.contains(&("echo", true)), "{entries:?}");
    assert!(!entries.iter().any(|(name, _)| *name == "helper" || *name == "memory"), "{entries:?}");
    assert!(report["imports"].as_array().unwrap().contains(&json!("host_anchor_to_dag")));
    let sizes = report["sizes"].as_array().unwrap();
    let bytes = sizes.iter().find(|size| size["name"] == "bytes").unwrap();
    assert_eq!(bytes["found"], json!(module(GUEST, Some(MANIFEST)).len()));
    assert_eq!(bytes["max"], json!(limits::MODULE_BYTES_MAX));
    let inspection = icn_sandbox::inspect(&module(GUEST, Some(MANIFEST)));
    assert_eq!(report["sizes"], json!(inspection.sizes), "every size against its limit");
    let (function, weight) = inspection.heaviest.unwrap();
    let heaviest = &report["heaviest"];
    assert_eq!(heaviest["function"], json!(function));
    assert_eq!(heaviest["weight"], json!(weight.total()));
    let parts =
        ["operators", "merges", "scope", "calls", "alive"].map(|part| heaviest[part].as_u64().unwrap());
    assert_eq!(parts.iter().sum::<u64>(), weight.total(), "the parts add up");
    assert!(report["compile_ms"].as_f64().unwrap() > 0.0);

    let text = stdout(&run([Path::new("check"), &files.path("sample.wasm")]));
    assert!(text.starts_with("accepted\n") && text.contains("state, dag, transfer, treasury"), "{text}");
    assert!(text.contains(&format!("\nheaviest      function {function}: ")), "{text}");
    assert_eq!(text.matches("\nsize          ").count(), inspection.sizes.len(), "{text}");
}

/// Three things wrong at once: an import that is none, one of another type than the ABI's, and a start section.
#[test]
fn every_reason_is_told_with_its_place() {
    let files = Files::new();
    let wrong = module(
        r#"(module
          (import "wasi" "fd_write" (func))
          (import "icn" "host_get_time" (func (result i32)))
          (global $g (mut i32) (i32.const 0))
          (memory (export "memory") 1)
          (func (export "go"))
          (func $first (call $first))
          (start $first))"#,
        None,
    );
    let inspection = icn_sandbox::inspect(&wrong);
    assert!(inspection.reasons.len() >= 3, "{:?}", inspection.reasons);
    let path = files.put("wrong.wasm", &wrong);
    let output = check(&path);
    assert_eq!(code(&output), 1);
    let report = json(&output);
    let reasons: Vec<Value> = inspection
        .reasons
        .iter()
        .map(|rejected| {
            let item = rejected.item.map(|item| json!({ "kind": item.kind, "index": item.index }));
            json!({ "what": rejected.what, "item": item, "offset": rejected.offset })
        })
        .collect();
    assert_eq!(report["reasons"], json!(reasons));
    assert_eq!(report["reasons"][0]["item"], json!({ "kind": "import", "index": 0 }));
    assert_eq!(report["compile_ms"], Value::Null);
    assert_eq!(report["sizes"], json!(inspection.sizes));
    let text = stdout(&run([Path::new("check"), &path]));
    let offset = inspection.reasons[0].offset.unwrap();
    assert!(text.contains(&format!("\n  import 0, at byte {offset}: ")), "{text}");
    assert_eq!(
        text.lines().skip(1).take_while(|line| line.starts_with("  ")).count(),
        reasons.len(),
        "a line for each reason: {text}"
    );
}

#[test]
fn what_is_no_module_is_refused_with_the_reason() {
    let files = Files::new();
    let whole = module(GUEST, Some(MANIFEST));
    let wasi = module(r#"(module (import "wasi" "fd_write" (func)) (memory (export "memory") 1))"#, None);
    let wrong_type = module(
        r#"(module (import "icn" "host_get_time" (func (result i32))) (memory (export "memory") 1))"#,
        None,
    );
    let without_memory = module("(module (func (export \"go\")))", None);
    let large = vec![0; limits::MODULE_BYTES_MAX + 1];
    let simd = module(
        r#"(module (memory (export "memory") 1) (func (export "go") (drop (v128.const i32x4 0 0 0 0))))"#,
        None,
    );
    for (name, bytes, words) in [
        ("empty", &[][..], ""),
        ("text", b"(module)", "00 61 73 6d"),
        ("truncated", &whole[..whole.len() / 2], ""),
        ("header", &whole[..8], "memory"),
        ("wasi", &wasi, "wasi.fd_write"),
        ("type", &wrong_type, "host_get_time"),
        ("memory", &without_memory, "memory"),
        ("large", &large, "2097153"),
        ("component", b"\0asm\x0d\0\x01\0", "give the core module"),
        ("simd", &simd, "-Ctarget-feature=-NAME"),
    ] {
        let path = files.put(name, bytes);
        let output = check(&path);
        assert_eq!(code(&output), 1, "{name}: {}", stderr(&output));
        let report = json(&output);
        assert_eq!(report["accepted"], json!(false), "{name}");
        assert_eq!(report["compile_ms"], Value::Null, "{name}");
        let reasons = report["reasons"].as_array().unwrap();
        assert!(!reasons.is_empty(), "{name}");
        assert!(reasons.iter().any(|reason| reason["what"].as_str().unwrap().contains(words)), "{reasons:?}");
        assert!(stdout(&run([Path::new("check"), &path])).starts_with("REFUSED\n"), "{name}");

        let output = icn().arg("run").arg(&path).args(["go", "--json"]).output().unwrap();
        assert_eq!(code(&output), 1, "{name}");
        let report = json(&output);
        assert_eq!((&report["outcome"], &report["refused_by"]), (&json!("refused"), &json!("validator")));
        assert_eq!((&report["receipt"], &report["code"]), (&Value::Null, &Value::Null));
        assert!(report["reason"].as_str().unwrap().contains(words), "{name}: {report}");
    }
    let offset = json(&check(&files.path("wasi")))["reasons"][0]["offset"].as_u64().unwrap();
    assert!(offset > 8, "the import's own place: {offset}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_misuse() {
    let files = Files::new();
    for path in [files.path("missing.wasm"), files.0.path().to_owned()] {
        misused(&check(&path), &path.display().to_string());
        let output = icn().arg("run").arg(&path).arg("go").output().unwrap();
        misused(&output, &path.display().to_string());
    }
    misused(&files.run(&["echo", "--input", "/missing"]), "/missing");
    misused(&run(["check"]), "FILE.wasm");
    misused(&run(["run"]), "FILE.wasm");
    misused(&run(["abi", "--what"]), "--what");
}

/// `icn … FILE` with this on standard input.
fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = icn();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Whoever refuses before it reads closes this early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn a_module_comes_from_standard_input() {
    let sample = module(GUEST, Some(MANIFEST));
    let output = with_input(&["check", "-", "--json"], &sample);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(json(&output)["module"], json(&check(&Files::new().path("sample.wasm")))["module"]);
    let output = with_input(&["run", "-", "nothing", "--json"], &sample);
    assert_eq!(json(&output)["outcome"], "ok", "{}", stderr(&output));
    misused(&with_input(&["run", "-", "echo", "--input", "-"], &sample), "only one of them");
}

#[test]
fn a_time_that_is_none_is_a_misuse() {
    let files = Files::new();
    for time in ["253402300800000", "18446744073709551615", "99999999999999999999", "-1", "now"] {
        misused(&files.run(&["when", &format!("--time={time}")]), "from 0 to 253402300799999");
    }
    assert_eq!(files.report(&["when", "--time", "253402300799999"], 0)["outcome"], "ok");
}

#[test]
fn a_module_without_entries_is_told_what_one_is() {
    let files = Files::new();
    let path = files.put("none.wasm", &module(r#"(module (memory (export "memory") 1))"#, None));
    let text = stdout(&run([Path::new("check"), &path]));
    assert!(
        text.contains("\nentries       none: nobody can call it. An entry is an exported function"),
        "{text}"
    );
    let output = icn().arg("run").arg(&path).arg("go").output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("entry `go` is not open; open are: none"), "{}", stdout(&output));
}

/// Address space is what some machines ration (`ulimit -v`): a check needs no pool of slots for instances, and a run
/// needs one of them.
#[cfg(target_os = "linux")]
#[test]
fn a_check_and_a_run_reserve_little_address_space() {
    let files = Files::new();
    let sample = files.path("sample.wasm").display().to_string();
    for (arguments, gib) in [(&["check", &sample][..], 8), (&["run", &sample, "nothing"], 24)] {
        let icn = icn().get_program().to_owned();
        let limit = format!("ulimit -v {} && exec \"$0\" \"$@\"", gib * 1024 * 1024);
        let output =
            std::process::Command::new("sh").args(["-c", &limit]).arg(icn).args(arguments).output().unwrap();
        assert_eq!(code(&output), 0, "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_run_shows_everything_that_it_did() {
    let files = Files::new();
    let arguments = ["all", "--grant", "state,transfer,treasury,dag", "--issue", "10:PLN:treasury"];
    let report = files.report(&[&arguments[..], &["--time", "1700000000123"]].concat(), 0);
    assert_eq!(
        (&report["outcome"], &report["trap"], &report["code"]),
        (&json!("ok"), &Value::Null, &json!(0))
    );
    assert_eq!((&report["refused_by"], &report["reason"]), (&Value::Null, &Value::Null));
    assert_eq!(report["output"], json!(hex(b"key\0\xff")));
    assert_eq!(report["fuel_limit"], json!(1_000_000_000));
    let node = &report["effects"][2]["id"];
    assert_eq!(
        report["effects"],
        json!([
            { "kind": "set", "key": hex(b"key\0\xff"), "value": hex(b"value") },
            { "kind": "transfer", "from": "treasury", "to": "project/1", "unit": "PLN", "amount": 7,
              "memo": "key" },
            { "kind": "node", "id": node, "bytes": report["effects"][2]["bytes"] },
            { "kind": "anchor", "id": node, "topic": "PLN" },
        ])
    );
    assert_eq!(
        report["host_calls"],
        json!({ "host_log": 1, "host_set_value": 1, "host_transfer": 1, "host_store_node": 1,
                "host_anchor_to_dag": 1, "host_set_output": 1 })
    );
    assert_eq!(report["log"], json!([{ "level": "warn", "text": "it went wrong" }]));
    let receipt = &report["receipt"];
    assert_eq!((&receipt["seq"], &receipt["time"]), (&json!(1), &json!(1_700_000_000_123_u64)));
    assert_eq!(receipt["storage_bytes"], json!(10));
    assert_eq!(receipt["memory_pages"], json!(16));
    assert!(report["fuel_used"].as_u64().unwrap() > 2_000);
    assert_eq!(fuel_by_function(&report).iter().map(|(_, fuel)| fuel).sum::<u64>(), report["fuel_used"]);
    assert!(fuel_by_function(&report).iter().any(|(name, fuel)| name == "all" && *fuel > 10_000));
    assert_eq!(report["backtrace"], Value::Null);
    assert_eq!(report["not_granted"], json!([]));

    // The same arguments, the same receipt to the byte: its name is a hash of it.
    assert_eq!(files.report(&[&arguments[..], &["--time", "1700000000123"]].concat(), 0), report);
    assert_eq!(files.report(&["all", "--grant", "all", "--issue", "10:PLN:treasury"], 0)["outcome"], "ok");

    let text = stdout(&files.run(&arguments));
    for line in [
        "ok\n",
        "\n  6b657900ff\n",
        "\n  set       6b657900ff = \"value\"\n",
        "\n  transfer  7 PLN from treasury to project/1: \"key\"\n",
        "\n  warn   it went wrong\n",
        "  host_transfer\n",
    ] {
        assert!(text.contains(line), "{line:?} in\n{text}");
    }
}

#[test]
fn a_guest_s_own_failure_is_a_refusal_with_its_code() {
    let files = Files::new();
    let report = files.report(&["fails"], 1);
    assert_eq!(
        (&report["outcome"], &report["refused_by"], &report["code"], &report["trap"]),
        (&json!("refused"), &json!("guest"), &json!(-7), &Value::Null)
    );
    assert_eq!((&report["output"], &report["effects"]), (&json!(hex(b"PLN")), &json!([])));
    assert_eq!(report["log"], json!([{ "level": "trace", "text": "it went wrong\u{1b}[2J" }]));
    assert!(report["receipt"].is_object());

    let text = stdout(&files.run(&["fails"]));
    assert!(
        text.starts_with("REFUSED by the guest: it returned -7, which is CONFLICT in the host ABI\n"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "no control character of a guest's reaches the terminal: {text:?}");
    assert!(text.contains("note: the module asks for state, dag, transfer, treasury"), "{text}");
}

#[test]
fn traps_have_the_names_of_the_abi_and_cost_the_whole_grant() {
    let files = Files::new();
    for (entry, kind, reason, backtrace) in [
        ("aborts", TrapKind::Aborted, "it went wrong", &["aborts"][..]),
        ("traps", TrapKind::Unreachable, "", &["inner", "traps"]),
        ("spins", TrapKind::OutOfFuel, "", &["spins"]),
        ("recurses", TrapKind::StackOverflow, "", &["deep", "deep"]),
        ("faults", TrapKind::MemoryFault, "argument ptr at 1048570 of 7 bytes", &["faults"]),
    ] {
        let report = files.report(&[entry, "--fuel", "3000000"], 1);
        assert_eq!((&report["outcome"], &report["trap"]), (&json!("trap"), &json!(kind.as_str())), "{entry}");
        assert_eq!((&report["code"], &report["output"]), (&Value::Null, &json!("")), "{entry}");
        assert_eq!((&report["effects"], &report["refused_by"]), (&json!([]), &Value::Null), "{entry}");
        assert_eq!(
            (&report["fuel_used"], &report["fuel_limit"]),
            (&json!(3_000_000), &json!(3_000_000)),
            "{entry}"
        );
        assert!(report["reason"].as_str().unwrap_or("").contains(reason), "{report}");
        let found = report["backtrace"].as_array().unwrap();
        let found: Vec<&str> = found.iter().map(|name| name.as_str().unwrap()).collect();
        assert!(found.starts_with(backtrace), "{entry}: {found:?}");
        assert_eq!(fuel_by_function(&report).iter().map(|(_, fuel)| fuel).sum::<u64>(), 3_000_000, "{entry}");
        let text = stdout(&files.run(&[entry, "--fuel", "3000000"]));
        assert!(text.contains(&format!("backtrace, innermost first\n  {}\n", backtrace[0])), "{text}");
        assert!(text.starts_with(&format!("TRAP {}", kind.as_str())), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}

#[test]
fn what_a_host_would_not_run_is_refused_by_the_host() {
    let files = Files::new();
    let over = (limits::FUEL_PER_INVOCATION_MAX + 1).to_string();
    let large = files.put("large", &vec![0; limits::INPUT_BYTES_MAX + 1]);
    let large = large.to_str().unwrap();
    for (arguments, words) in [
        (&["missing"][..], "open are: aborts, all, "),
        (&["helper"], "unknown_entry"),
        (&["echo", "--fuel", &over], "20000000001"),
        (&["echo", "--fuel", "0"], "1 to 20000000000"),
        (&["echo", "--input", large], "262145 bytes"),
        (&[""], "an entry's name"),
    ] {
        let report = files.report(arguments, 1);
        assert_eq!(
            (&report["outcome"], &report["refused_by"], &report["code"]),
            (&json!("refused"), &json!("host"), &Value::Null),
            "{arguments:?}"
        );
        assert_eq!((&report["fuel_used"], &report["receipt"]), (&json!(0), &Value::Null));
        assert!(report["reason"].as_str().unwrap().contains(words), "{report}");
    }
}

#[test]
fn the_input_comes_from_a_file_or_from_standard_input() {
    let files = Files::new();
    assert_eq!(files.report(&["echo"], 0)["output"], json!(""));
    let path = files.put("input", b"from a file\n");
    let output = files.run(&["echo", "--input", path.to_str().unwrap()]);
    assert!(stdout(&output).contains("\n  from a file\n"), "{}", stdout(&output));

    let mut command = icn();
    command.arg("run").arg(files.path("sample.wasm")).args(["echo", "--input", "-", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let whole = vec![0xab; limits::INPUT_BYTES_MAX];
    child.stdin.take().unwrap().write_all(&whole).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(json(&output)["output"], json!(hex(&whole)));
}

#[test]
fn the_caller_and_the_time_are_what_one_says() {
    let files = Files::new();
    let did = common::key("ann").did();
    let report = files.report(&["who", "--caller", did.as_str()], 0);
    assert_eq!((&report["output"], &report["caller"]), (&json!(hex(did.as_str().as_bytes())), &json!(did)));
    let report = files.report(&["when", "--time", "250000000000123"], 0);
    assert_eq!(report["output"], json!(hex(&250_000_000_000_123_u64.to_le_bytes())));
    misused(&files.run(&["who", "--caller", "ann"]), "did:key:z6Mk");
    misused(&files.run(&["when", "--time=-1"]), "--time");
}

#[test]
fn capabilities_are_granted_among_those_that_the_module_asks_for() {
    let files = Files::new();
    let report = files.report(&["all"], 1);
    assert_eq!((&report["code"], &report["refused_by"]), (&json!(1), &json!("guest")));
    assert_eq!(report["not_granted"], json!(["state", "dag", "transfer", "treasury"]));
    assert_eq!(files.report(&["all", "--grant", "state"], 1)["code"], json!(2));
    assert_eq!(
        files.report(&["all", "--grant", "state", "--grant", "transfer,treasury"], 1)["code"],
        json!(2)
    );
    let asked = "it asks for state, dag, transfer, treasury";
    misused(&files.run(&["all", "--grant", "state,usage"]), asked);
    misused(&files.run(&["all", "--grant", "State"]), asked);
    misused(&files.run(&["all", "--issue", "10:PLN"]), "AMOUNT:UNIT:OWNER");
    misused(&files.run(&["all", "--issue", "0:PLN:treasury"]), "an amount of 0");
    misused(&files.run(&["all", "--issue", "1:fuel:treasury"]), "resource");
    let bare = files.put("bare.wasm", &module(GUEST, None));
    let output = icn().arg("run").arg(bare).args(["all", "--grant", "state"]).output().unwrap();
    misused(&output, "it asks for no capability");
}

#[test]
fn the_abi_is_the_runtime_s_own() {
    let output = run(["abi", "--json"]);
    assert_eq!(code(&output), 0);
    let abi = json(&output);
    assert_eq!(abi["abi"], json!(icn_sandbox::ABI_VERSION));
    let named = |name: &str| {
        let found = icn_sandbox::PARAMETERS.iter().find(|parameters| parameters.0 == name);
        found.unwrap_or_else(|| panic!("{name} has no names of parameters")).1
    };
    let type_name = |of: &icn_sandbox::FunctionType| match of {
        icn_sandbox::FunctionType::I32 => "i32",
        icn_sandbox::FunctionType::I64 => "i64",
    };
    let functions: Vec<Value> = icn_sandbox::FUNCTIONS
        .iter()
        .map(|(name, types, results)| {
            assert_eq!(named(name).len(), types.len(), "{name}");
            let parameters: Vec<Value> = named(name)
                .iter()
                .zip(*types)
                .map(|(name, of)| json!({ "name": name, "type": type_name(of) }))
                .collect();
            let results: Vec<&str> = results.iter().map(type_name).collect();
            json!({ "name": name, "parameters": parameters, "results": results })
        })
        .collect();
    assert_eq!(abi["functions"], json!(functions));
    let codes: Vec<Value> = icn_sandbox::CODES
        .iter()
        .map(|of| json!({ "code": of.code, "name": of.name, "meaning": of.meaning }))
        .collect();
    assert_eq!(abi["codes"], json!(codes));
    let traps: Vec<Value> = TrapKind::ALL
        .iter()
        .map(|kind| json!({ "kind": kind.as_str(), "meaning": kind.meaning() }))
        .collect();
    assert_eq!(abi["traps"], json!(traps));
    assert_eq!(abi["costs"]["hash"], json!(icn_core::costs::schedule_hash().to_hex()));
    assert_eq!(abi["costs"]["version"], json!(icn_core::costs::SCHEDULE_VERSION));
    let all: Vec<(String, u64)> =
        limits::ALL.iter().map(|limit| (limit.name.to_ascii_lowercase(), limit.value)).collect();
    let printed: Vec<(String, u64)> = abi["limits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|limit| {
            assert!(!limit["meaning"].as_str().unwrap().is_empty(), "{limit}");
            (limit["name"].as_str().unwrap().to_owned(), limit["value"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(printed, all);
    let prices: Vec<String> = abi["costs"]["prices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|price| {
            format!("{} {}", price["name"].as_str().unwrap(), price["fuel"].to_string().trim_matches('"'))
        })
        .collect();
    assert_eq!(prices, icn_core::costs::schedule_text().lines().collect::<Vec<_>>());

    // Each constant of the file is in the list: none was added beside it.
    let source = include_str!("../actors/core/src/limits.rs");
    let constants = source.lines().filter(|line| line.starts_with("pub const ")).count();
    assert_eq!(abi["limits"].as_array().unwrap().len(), constants);

    let text = stdout(&run(["abi"]));
    assert!(text.contains("  host_get_time() -> i64\n") && text.contains("OutOfFuel"), "{text}");
    assert!(text.contains("  host_settle_hold(id: i32, amount: i64) -> i32\n"), "{text}");
    assert!(text.contains(&icn_core::costs::schedule_hash().to_hex()), "{text}");
}
