//! `icn check`: what it says of a module.

use std::path::Path;

use icn_core::limits;
use serde_json::{Value, json};

use crate::common::json;
use crate::common::{icn, run, stderr, stdout};
use crate::helpers::{Files, GUEST, MANIFEST, check, code, misused, module, with_input};

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
