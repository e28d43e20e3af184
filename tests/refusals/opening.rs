//! Scopes that are not opened: unsound modules and unsound policies.

use std::collections::BTreeSet;

use icn_runtime::{Amount, GrantLimits, ModuleSpec, Owner, ScopeError, ScopeSpec, Unit, limits};

use crate::common::{
    Desk, block_on, chip, key, manifest, open, probe_spec, probe_wasm, scratch, settled, standing, tree, wasm,
};

/// A module of text with a manifest that asks for these capabilities.
fn asking(text: &str, capabilities: &[&str]) -> Vec<u8> {
    let manifest = manifest(&[], capabilities);
    wasm(&text.replacen("(module", &format!("(module {manifest}"), 1))
}

#[test]
fn a_scope_is_not_opened_with_a_module_that_is_not_sound() {
    let dir = scratch();
    let host = open(dir.path());
    Desk::open(&host, "before");
    let memory = "(memory (export \"memory\") 1)";
    let run = "(func (export \"run\"))";
    let text = |inside: &str| wasm(&format!("(module {inside})"));
    let import = |what: &str| text(&format!("(import {what}) {memory} {run}"));
    let with = |inside: &str| text(&format!("{memory} {run} {inside}"));
    let many = |count: usize, one: &str| with(&one.repeat(count));
    let deep = format!("(func {} {})", "block ".repeat(300), "end ".repeat(300));
    let custom = |json: &str| with(&format!("(@custom \"icn.manifest\" \"{}\")", json.replace('"', "\\22")));
    let good = r#"{"abi":1,"name":"n","version":"1","entries":[],"capabilities":[]}"#;
    let long = format!("(func (export \"{}\"))", "e".repeat(limits::ENTRY_NAME_BYTES_MAX + 1));
    let big = format!("(data \"{}\")", "x".repeat(limits::MODULE_BYTES_MAX));
    let bodies = format!("(func {})", "nop ".repeat(limits::FUNCTION_BODY_BYTES_MAX + 1));
    // What is installed, and a word of the reason.
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), "binary"),
        ("text", b"(module)".to_vec(), "binary"),
        ("garbage", b"\0asm\xff\xff\xff\xff".to_vec(), ""),
        ("a component", b"\0asm\x0d\0\x01\0".to_vec(), ""),
        ("a cut module", with("")[..20].to_vec(), ""),
        ("an import of somebody else", import("\"env\" \"print\" (func)"), "env.print"),
        ("an import of WASI", import("\"wasi_snapshot_preview1\" \"fd_write\" (func)"), "fd_write"),
        ("an import that nobody has", import("\"icn\" \"host_fly\" (func)"), "icn.host_fly"),
        ("an import of another type", import("\"icn\" \"host_log\" (func (param i64))"), "with the type"),
        (
            "an imported memory",
            text("(import \"icn\" \"host_log\" (memory 1))"),
            "something else than a function",
        ),
        ("an imported global", import("\"icn\" \"host_log\" (global i32)"), "something else than a function"),
        ("no memory", text(run), "memory"),
        ("a memory that is not exported", text(&format!("(memory 1) {run}")), "memory"),
        ("a memory by another name", text(&format!("(memory (export \"mem\") 1) {run}")), "memory"),
        ("a start section", with("(func $s) (start $s)"), "start section"),
        ("a memory of 300 pages", text(&format!("(memory (export \"memory\") 300) {run}")), "pages"),
        ("a table too large", with("(table 10001 funcref)"), "table elements"),
        ("two memories", with("(memory 1)"), ""),
        ("a 64-bit memory", text(&format!("(memory (export \"memory\") i64 1) {run}")), ""),
        ("a shared memory", text(&format!("(memory (export \"memory\") 1 1 shared) {run}")), ""),
        ("SIMD", with("(func (drop (v128.const i32x4 0 0 0 0)))"), "SIMD"),
        ("relaxed SIMD", with("(func (param v128) (drop (i32x4.relaxed_trunc_f32x4_s (local.get 0))))"), ""),
        ("atomics", with("(func (drop (i32.atomic.load (i32.const 0))))"), ""),
        ("tail calls", with("(func $t return_call $t)"), ""),
        ("exceptions", with("(tag) (func (throw 0))"), ""),
        ("reference types", with("(func (param externref))"), ""),
        ("garbage collection", with("(type (struct (field i32)))"), ""),
        (
            "wide arithmetic",
            with("(func (drop (drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))))"),
            "",
        ),
        ("a body that is not valid", with("(func (result i32))"), ""),
        ("too many functions", many(10_001, "(func)"), "functions"),
        ("too many globals", many(1_001, "(global i32 (i32.const 0))"), "globals"),
        (
            "too many types",
            text(
                &(0..1_001)
                    .map(|n| format!("(type (func (param {})))", "i32 ".repeat(n % 30 + 1)))
                    .collect::<String>(),
            ),
            "types",
        ),
        ("too many parameters", with(&format!("(func (param {}))", "i32 ".repeat(65))), "parameters"),
        ("too many results", with(&format!("(func (result {}) unreachable)", "i32 ".repeat(5))), "results"),
        (
            "too many element segments",
            with(&format!("(table 1 funcref) {}", "(elem (i32.const 0) func)".repeat(1_001))),
            "element segments",
        ),
        (
            "too many items of a table",
            with(&format!("(table 1 funcref) (func $f) (elem (i32.const 0) func {})", "$f ".repeat(10_001))),
            "items",
        ),
        ("too many locals", with(&format!("(func (local {}))", "i32 ".repeat(1_001))), "locals"),
        ("too many data segments", many(1_001, "(data \"x\")"), "data segments"),
        ("blocks too deep", with(&deep), "nested blocks"),
        ("a body too large", with(&bodies), "body"),
        ("a module too large", with(&big), "bytes"),
        ("an export's name too long", with(&long), "name"),
        ("a manifest that is no JSON", custom("{"), "icn.manifest"),
        ("a manifest with a field too many", custom(&good.replace("{", "{\"x\":1,")), "icn.manifest"),
        ("a manifest of ABI 2", custom(&good.replace(":1,", ":2,")), "ABI"),
        (
            "a manifest with an entry that is not there",
            custom(&good.replace("\"entries\":[]", "\"entries\":[\"fly\"]")),
            "fly",
        ),
        (
            "a manifest with an unknown capability",
            custom(&good.replace("\"capabilities\":[]", "\"capabilities\":[\"fly\"]")),
            "fly",
        ),
        ("two manifests", with(&format!("{0} {0}", manifest(&[], &[]))), "second"),
    ];
    settled(&host, dir.path());
    let before = (standing(&host), tree(dir.path()));
    for (what, bytes, reason) in cases {
        // Twice: a failure is remembered as it was.
        let mut messages = BTreeSet::new();
        for _ in 0..2 {
            let module = ModuleSpec::of(bytes.clone(), &[], &[("run", "anyone")]).unwrap();
            match block_on(host.open_scope(key(what), ScopeSpec::new(what).module(module))) {
                Err(ScopeError::Invalid(message)) => messages.insert(message),
                other => panic!("{what}: {other:?}"),
            };
        }
        assert_eq!(messages.len(), 1, "{what}: {messages:?}");
        let message = messages.pop_first().unwrap();
        assert!(message.contains(reason), "{what}: {message}");
        assert!(message.contains("module bafkrei"), "it names the module: {message}");
    }
    assert_eq!(standing(&host), before.0);
    assert!(tree(dir.path()) == before.1, "a refused scope leaves no key and no entry");
    // The module that all of these are bad versions of is good.
    let module = ModuleSpec::of(custom(good), &[], &[("run", "anyone")]).unwrap();
    block_on(host.open_scope(key("good"), ScopeSpec::new("good").module(module))).unwrap();
}

#[test]
fn a_scope_is_not_opened_with_a_policy_that_is_not_sound() {
    let dir = scratch();
    let host = open(dir.path());
    let (scope_key, spec) = probe_spec("before");
    block_on(host.open_scope(scope_key, spec)).unwrap();
    let module = |capabilities: &[&str], entries: &[(&str, &str)]| {
        ModuleSpec::of(probe_wasm(), capabilities, entries).unwrap()
    };
    let quiet = asking("(module (memory (export \"memory\") 1) (func (export \"run\")))", &["state"]);
    let spec = || ScopeSpec::new("bad");
    let cases: Vec<(ScopeSpec, &str)> = vec![
        (spec().module(module(&[], &[("fly", "anyone")])), "fly"),
        (spec().module(module(&[], &[("put", "treasurer")])), "treasurer"),
        (spec().module(module(&["usage"], &[("put", "anyone")])), "usage"),
        (spec().module(ModuleSpec::of(quiet, &["state", "dag"], &[("run", "anyone")]).unwrap()), "dag"),
        (spec().module(module(&[], &[("put", "anyone")])).module(module(&[], &[("get", "anyone")])), "twice"),
        (spec().role("admin", [key("a").did()]), "built in"),
        (spec().role("anyone", [key("a").did()]), "built in"),
        (ScopeSpec::new(""), "name"),
        (ScopeSpec::new(&"n".repeat(limits::NAME_BYTES_MAX + 1)), "name"),
        (spec().token(Unit::fuel(), Amount(1)), "resource"),
        (spec().token(chip(), Amount(1 << 63)), "2^63"),
        (spec().issue(chip(), Owner::Treasury, Amount(0)), "between 1"),
        (spec().issue(chip(), Owner::Issuance, Amount(1)), ""),
        (
            spec().grant(GrantLimits { fuel: limits::FUEL_PER_INVOCATION_MAX + 1, memory: 1, network: 0 }),
            "grant",
        ),
        (spec().grant(GrantLimits { fuel: 1, memory: limits::MEMORY_PAGES_MAX + 1, network: 0 }), "grant"),
        (spec().grant(GrantLimits { fuel: 1, memory: 1, network: limits::NETWORK_BYTES_MAX + 1 }), "grant"),
    ];
    settled(&host, dir.path());
    let before = (standing(&host), tree(dir.path()));
    for (spec, reason) in cases {
        match block_on(host.open_scope(key("bad"), spec.clone())) {
            Err(ScopeError::Invalid(message)) => assert!(message.contains(reason), "{reason}: {message}"),
            other => panic!("{spec:?}: {other:?}"),
        }
    }
    // Nor twice, whatever the second policy says.
    let (scope_key, spec) = probe_spec("before");
    let scope = scope_key.did();
    assert_eq!(block_on(host.open_scope(scope_key, spec)), Err(ScopeError::Exists(scope)));
    assert_eq!(standing(&host), before.0);
    assert!(tree(dir.path()) == before.1, "a refused scope leaves no key and no entry");
    let unknown = ModuleSpec::of(probe_wasm(), &["fly"], &[]).unwrap_err().to_string();
    assert!(unknown.contains("`fly`") && unknown.contains("treasury"), "{unknown}");
}
