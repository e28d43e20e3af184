//! What a module must be, and how a run ends: each structural limit at its edge, each feature
//! that is off, and each kind of trap. Fuel limits are swept in `fuel.rs`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fmt::Write as _;

use common::{ON_DEMAND, POOLED, World, block, compile, has_no_effects, rejection, said, trap};
use icn_core::block::{GrantLimits, Outcome, Staged, TrapKind};
use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::Codec;
use icn_sandbox::{Cache, FUNCTIONS, FunctionType, Module, Rejected, RunError, validate};

const MEMORY: &str = r#"(memory (export "memory") 1)"#;

/// A module with a memory and this.
fn with_memory(rest: &str) -> String {
    format!("(module {rest} {MEMORY})")
}

fn repeat(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect()
}

/// Refused, with words that contain this; before anything is compiled.
fn refused(text: &str, why: &str) {
    let found = validate(&common::wasm(text)).err().map(|rejected| rejected.to_string());
    let shown: String = text.chars().take(200).collect();
    assert!(found.as_ref().is_some_and(|found| found.contains(why)), "{found:?} for {shown}");
}

fn accepted(text: &str) {
    let found = validate(&common::wasm(text)).err().map(|rejected| rejected.to_string());
    let shown: String = text.chars().take(200).collect();
    assert_eq!(found, None, "{shown}");
}

// ---- structure ----

#[test]
fn each_structural_limit_is_accepted_and_one_more_is_refused() {
    type Make = fn(usize) -> String;
    let bounds: [(&str, usize, Make); 13] = [
        ("types", limits::MODULE_TYPES_MAX as usize, |n| with_memory(&"(type (func))".repeat(n))),
        // One more function than is counted here: none; the type is the first of all.
        ("functions", limits::MODULE_FUNCTIONS_MAX as usize, |n| with_memory(&"(func)".repeat(n))),
        ("globals", limits::MODULE_GLOBALS_MAX as usize, |n| {
            with_memory(&"(global i32 (i32.const 0))".repeat(n))
        }),
        // The memory's own export is one.
        ("exports", limits::MODULE_EXPORTS_MAX as usize, |n| {
            with_memory(&format!("(func $f) {}", repeat(n - 1, |at| format!("(export \"e{at}\" (func $f))"))))
        }),
        ("data segments", limits::MODULE_DATA_SEGMENTS_MAX as usize, |n| {
            with_memory(&"(data (i32.const 0) \"x\")".repeat(n))
        }),
        ("element segments", limits::MODULE_ELEMENT_SEGMENTS_MAX as usize, |n| {
            with_memory(&format!("(table 1 funcref) (func $f) {}", "(elem (i32.const 0) func $f)".repeat(n)))
        }),
        ("items of element segments", limits::TABLE_ELEMENTS_MAX, |n| {
            with_memory(&format!("(table 1 funcref) (func $f) (elem func {})", "$f ".repeat(n)))
        }),
        ("table elements", limits::TABLE_ELEMENTS_MAX, |n| with_memory(&format!("(table {n} funcref)"))),
        ("initial pages of memory", 256, |n| format!("(module (memory (export \"memory\") {n}))")),
        ("parameters of a type", limits::FUNCTION_PARAMS_MAX, |n| {
            with_memory(&format!("(type (func (param{})))", " i64".repeat(n)))
        }),
        ("results of a type", limits::FUNCTION_RESULTS_MAX, |n| {
            with_memory(&format!("(type (func (result{})))", " i64".repeat(n)))
        }),
        ("locals of a function", limits::FUNCTION_LOCALS_MAX as usize, |n| {
            with_memory(&format!("(func (local{}))", " i64".repeat(n)))
        }),
        ("bytes of an entry's name", limits::ENTRY_NAME_BYTES_MAX, |n| {
            with_memory(&format!("(func (export \"{}\"))", "e".repeat(n)))
        }),
    ];
    for (what, max, make) in bounds {
        accepted(&make(max));
        refused(&make(max + 1), what);
    }
    assert_eq!(limits::MEMORY_PAGES_MAX, 256, "as it is written above");
}

#[test]
fn a_functions_body_is_bounded() {
    // `i32.const 0, drop` takes three bytes; the body has its count of locals and its end beside.
    let body = |nops: usize| with_memory(&format!("(func {})", "nop ".repeat(nops)));
    let most = limits::FUNCTION_BODY_BYTES_MAX - 2;
    accepted(&body(most));
    refused(&body(most + 1), "bytes of a function's body");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize, open: &str| {
        with_memory(&format!("(func {} {})", open.repeat(depth), "end ".repeat(depth)))
    };
    // The function's own frame is the first block.
    for open in ["block ", "loop ", "i32.const 0 if "] {
        accepted(&nested(limits::NESTING_DEPTH_MAX - 1, open));
        refused(&nested(limits::NESTING_DEPTH_MAX, open), "nested blocks");
    }
    refused(&nested(20_000, "block "), "nested blocks");
}

#[test]
fn a_modules_bytes_are_bounded() {
    let module = |bytes: usize| {
        let mut module = common::wasm(&with_memory(""));
        // A custom section of what is left: its number, its size in five bytes, an empty name, and zeros.
        let rest = u32::try_from(bytes - module.len() - 6).unwrap();
        module.push(0);
        module.extend((0..5).map(|at| {
            let seven = u8::try_from(rest >> (7 * at) & 0x7f).unwrap();
            if at < 4 { seven | 0x80 } else { seven }
        }));
        module.resize(bytes, 0);
        module
    };
    assert_eq!(validate(&module(limits::MODULE_BYTES_MAX)), validate(&common::wasm(&with_memory(""))));
    let over = validate(&module(limits::MODULE_BYTES_MAX + 1)).unwrap_err();
    assert!(over.to_string().contains("bytes where at most"), "{over}");
}

/// The largest module that is allowed is refused or compiled in bounded time, whatever it nests.
#[test]
fn a_module_at_several_limits_compiles() {
    let depth = limits::NESTING_DEPTH_MAX - 1;
    let body = format!("{} {}", "i32.const 1 if ".repeat(depth), "end ".repeat(depth));
    let text = with_memory(&format!(
        "(func (export \"run\") (local{}) {})",
        " i64".repeat(limits::FUNCTION_LOCALS_MAX as usize / 2),
        body
    ));
    assert_eq!(World::new().run(&compile(&text), "run").outcome, Outcome::Ok);
}

// ---- what a module may not be ----

#[test]
fn features_that_are_off_are_refused() {
    let off = [
        ("SIMD", "(func (drop (v128.const i32x4 0 0 0 0)))"),
        (
            "relaxed SIMD",
            "(func (drop (i8x16.relaxed_swizzle (v128.const i32x4 0 0 0 0) (v128.const i32x4 0 0 0 0))))",
        ),
        ("atomics", "(func (atomic.fence))"),
        ("reference types: externref", "(table 1 externref)"),
        ("reference types: a local", "(func (local funcref))"),
        ("reference types: two tables", "(table 1 funcref) (table 1 funcref)"),
        (
            "reference types: table.grow",
            "(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))",
        ),
        ("reference types: table.set", "(table 1 funcref) (func (table.set (i32.const 0) (ref.null func)))"),
        ("tail calls", "(func $f (return_call $f))"),
        ("two memories", "(memory 1)"),
        ("exceptions", "(tag)"),
        ("function references", "(type $t (func)) (func (param (ref $t)))"),
        ("garbage collection", "(type (struct))"),
        ("recursive types", "(rec (type (func)))"),
        ("wide arithmetic", "(func (i64.mul_wide_u (i64.const 1) (i64.const 1)) drop drop)"),
        ("constant expressions", "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
        ("stack switching", "(type $f (func)) (type $c (cont $f))"),
    ];
    for (what, text) in off {
        let text = with_memory(text);
        assert!(validate(&common::wasm(&text)).is_err(), "{what} is accepted");
        assert!(rejection(&text).is_some(), "{what} is compiled");
    }
    for (what, text) in [
        ("a shared memory", "(module (memory (export \"memory\") 1 2 shared))"),
        ("a 64-bit memory", "(module (memory (export \"memory\") i64 1))"),
        ("custom page sizes", "(module (memory (export \"memory\") 1 (pagesize 1)))"),
        (
            "an imported memory",
            "(module (import \"icn\" \"memory\" (memory 1)) (export \"memory\" (memory 0)))",
        ),
        ("a component", "(component)"),
    ] {
        assert!(validate(&common::wasm(text)).is_err(), "{what} is accepted");
    }
}

#[test]
fn features_that_are_on_are_accepted() {
    for (what, text) in [
        ("mutable globals", "(global (mut i32) (i32.const 0))"),
        ("sign extension", "(func (drop (i32.extend8_s (i32.const 1))))"),
        ("saturating conversions", "(func (drop (i32.trunc_sat_f64_u (f64.const 1))))"),
        ("several results", "(func (result i32 i32) i32.const 1 i32.const 2)"),
        (
            "bulk memory",
            "(data $d \"x\") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $d)
               (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)) (memory.copy (i32.const 0) (i32.const 0) (i32.const 1)))",
        ),
        ("a table", "(table 1 funcref) (elem (i32.const 0) func $f) (func $f)"),
        ("floats", "(func (drop (f64.sqrt (f64.const 2))))"),
    ] {
        assert!(rejection(&with_memory(text)).is_none(), "{what}: {:?}", rejection(&with_memory(text)));
    }
}

#[test]
fn a_start_section_is_refused_with_its_place() {
    let bytes = common::wasm(&with_memory("(func $f) (start $f)"));
    let Rejected { what, offset, .. } = validate(&bytes).unwrap_err();
    assert!(what.contains("start section"), "{what}");
    // The section's content is the function's index, after its number and its size.
    assert_eq!(&bytes[offset.unwrap() - 2..=offset.unwrap()], [8, 1, 0]);
}

#[test]
fn only_the_host_abi_is_imported_and_with_its_types() {
    for (import, why) in [
        ("(import \"wasi_snapshot_preview1\" \"fd_write\" (func))", "wasi_snapshot_preview1.fd_write"),
        ("(import \"icn\" \"host_nothing\" (func))", "icn.host_nothing"),
        ("(import \"\" \"host_log\" (func))", ".host_log"),
        ("(import \"ICN\" \"host_log\" (func))", "ICN.host_log"),
        ("(import \"icn\" \"host_log\" (global i32))", "icn.host_log"),
        ("(import \"icn\" \"host_log\" (table 1 funcref))", "icn.host_log"),
        ("(import \"icn\" \"host_log\" (memory 1))", "icn.host_log"),
    ] {
        refused(&with_memory(import), why);
    }
    let types = |types: &[FunctionType]| -> String {
        types.iter().map(|t| if *t == FunctionType::I32 { " i32" } else { " i64" }).collect()
    };
    for (name, params, results) in FUNCTIONS {
        let import = |params: &str, results: &str| {
            with_memory(&format!("(import \"icn\" \"{name}\" (func (param{params}) (result{results})))"))
        };
        let (params, results) = (types(params), types(results));
        assert!(rejection(&import(&params, &results)).is_none(), "{name}");
        for (params, results) in [
            (format!("{params} i32"), results.clone()),
            (params.clone(), format!("{results} i32")),
            (params.replacen("i32", "i64", 1), results.clone()),
            (params.replacen("i64", "f64", 1), results.clone()),
            (params.clone(), results.replace("i32", "f32").replace("i64", "i32")),
        ] {
            let right = params == types(FUNCTIONS.iter().find(|f| f.0 == *name).unwrap().1)
                && results == types(FUNCTIONS.iter().find(|f| f.0 == *name).unwrap().2);
            let rejected = rejection(&import(&params, &results));
            assert_eq!(rejected.is_none(), right, "{name}: {params} -> {results}");
            assert!(rejected.is_none_or(|rejected| rejected.to_string().contains(name)));
        }
    }
}

#[test]
fn a_memory_of_its_own_is_exported_under_its_name() {
    for text in [
        "(module)",
        "(module (memory 1))",
        "(module (memory (export \"mem\") 1))",
        "(module (func (export \"memory\")))",
        "(module (memory 1) (func (export \"memory\")))",
        "(module (memory 1) (global (export \"memory\") i32 (i32.const 0)))",
    ] {
        refused(text, "memory");
        assert!(rejection(text).is_some(), "{text}");
    }
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    for bytes in [&b""[..], b"\0asm", b"\0asm\x02\0\0\0", b"(module)", b"\0asm\x01\0\0\0\xff"] {
        let rejected = validate(bytes).unwrap_err();
        assert!(!rejected.to_string().is_empty());
        assert!(Module::compile(&POOLED, &Block::new(Codec::Raw, bytes.to_vec())).is_err());
    }
    // Cut anywhere, or with a byte changed, a module is refused or is another module; it never brings down the host.
    let whole = common::wasm(&with_memory(
        r#"(@custom "icn.manifest" "{\"abi\":1,\"name\":\"n\",\"version\":\"1\",\"entries\":[\"run\"],\"capabilities\":[\"state\"]}")
           (import "icn" "host_get_time" (func (result i64))) (table 2 funcref) (elem (i32.const 0) func $f)
           (global (mut i64) (i64.const 5)) (data (i32.const 8) "data")
           (func $f (export "run") (result i32) (local i32) (block (br_if 0 (i32.const 1)) (global.set 0 (call 0))) (local.get 0))"#,
    ));
    assert!(validate(&whole).is_ok());
    for end in 0..whole.len() {
        let _ = validate(&whole[..end]);
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            // What the validator lets through, the engine takes or says why not.
            if validate(&changed).is_ok() {
                let _ = Module::compile(&POOLED, &Block::new(Codec::Raw, changed));
            }
        }
    }
}

#[test]
fn a_manifest_is_one_and_says_what_is_so() {
    let manifest = |json: &str| {
        format!(
            "(module (@custom \"icn.manifest\" \"{}\") (func (export \"run\")) {MEMORY})",
            json.replace('"', "\\\"")
        )
    };
    let sound = r#"{"abi":1,"name":"n","version":"1","entries":["run"],"capabilities":["state","dag"]}"#;
    let shape = validate(&common::wasm(&manifest(sound))).unwrap();
    assert_eq!(shape.capabilities().len(), 2);
    for (json, why) in [
        ("", "icn.manifest"),
        ("[]", "icn.manifest"),
        (r#"{"abi":2,"name":"n","version":"1","entries":[],"capabilities":[]}"#, "ABI 2"),
        (r#"{"abi":1,"name":"n","version":"1","entries":["other"],"capabilities":[]}"#, "`other`"),
        (r#"{"abi":1,"name":"n","version":"1","entries":[],"capabilities":["root"]}"#, "root"),
        (r#"{"abi":1,"name":"n","version":"1","entries":[],"capabilities":[],"more":1}"#, "more"),
        (r#"{"abi":1,"name":"n","version":"1","entries":[]}"#, "capabilities"),
    ] {
        refused(&manifest(json), why);
    }
    let twice = manifest(sound).replace("(func", "(@custom \"icn.manifest\" \"{}\") (func");
    refused(&twice, "second");
    // Without one, it asks for nothing.
    assert!(validate(&common::wasm(&with_memory(""))).unwrap().capabilities().is_empty());
}

#[test]
fn entries_are_functions_without_parameters() {
    let text = with_memory(
        "(func (export \"nothing\")) (func (export \"number\") (result i32) i32.const 0)
         (func (export \"takes\") (param i32)) (func (export \"long\") (result i64) i64.const 0)
         (func (export \"two\") (result i32 i32) i32.const 0 i32.const 0) (func (export \"__hidden\"))
         (global (export \"g\") i32 (i32.const 0))",
    );
    let shape = validate(&common::wasm(&text)).unwrap();
    let entries: Vec<(&str, bool)> = shape.entries.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(entries, [("nothing", false), ("number", true)]);
    let module = compile(&text);
    for other in ["takes", "long", "two", "__hidden", "memory", "g", ""] {
        let ended = World::new().try_run(&module, other);
        assert_eq!(ended.unwrap_err(), RunError::HostFault(format!("no entry `{other}`")));
    }
}

// ---- how a run ends ----

/// Effects of every kind, before what ends the run.
const EFFECTS: &str = r#"
    (import "icn" "host_get_input" (func $input (param i32 i32) (result i32)))
    (import "icn" "host_set_value" (func $set (param i32 i32 i32 i32) (result i32)))
    (import "icn" "host_transfer" (func $pay (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
    (import "icn" "host_store_node" (func $store (param i32 i32 i32 i32 i32) (result i32)))
    (import "icn" "host_anchor_to_dag" (func $anchor (param i32 i32 i32) (result i32)))
    (import "icn" "host_record_resource_usage" (func $use (param i32 i64) (result i32)))
    (import "icn" "host_set_output" (func $output (param i32 i32) (result i32)))
    (import "icn" "host_log" (func $log (param i32 i32 i32) (result i32)))
    (import "icn" "host_abort" (func $abort (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "xHabort")
    (type $number (func (result i32)))
    (table 3 funcref) (elem (i32.const 0) func $nothing)
    (data $passive "12345") (elem $functions func $nothing)
    (func $nothing)
    (func $must (param i32) (if (local.get 0) (then (loop $for_ever (br $for_ever)))))
    (func $effects
      (call $must (call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 9)))
      (call $must (call $pay (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1) (i64.const 5) (i32.const 0) (i32.const 0)))
      (call $must (call $store (i32.const 0) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 64)))
      (call $must (call $anchor (i32.const 64) (i32.const 0) (i32.const 1)))
      (call $must (call $use (i32.const 2) (i64.const 3)))
      (call $must (call $output (i32.const 0) (i32.const 7)))
      (call $must (call $log (i32.const 2) (i32.const 0) (i32.const 1))))"#;

fn ends(body: &str, more: &str) -> Staged {
    let text = format!("(module {EFFECTS} {more} (func (export \"run\") (call $effects) {body}))");
    World::new().run(&compile(&text), "run")
}

#[test]
fn each_kind_of_trap_is_named_costs_the_whole_grant_and_leaves_nothing() {
    assert!(!has_no_effects(&ends("", "")), "there are effects to drop");
    let cases = [
        (TrapKind::Unreachable, "unreachable", ""),
        (TrapKind::Arithmetic, "(drop (i32.div_u (i32.const 1) (i32.const 0)))", ""),
        (TrapKind::Arithmetic, "(drop (i32.rem_s (i32.const 1) (i32.const 0)))", ""),
        (TrapKind::Arithmetic, "(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))", ""),
        (TrapKind::Arithmetic, "(drop (i32.trunc_f64_s (f64.const nan)))", ""),
        (TrapKind::Arithmetic, "(drop (i32.trunc_f64_u (f64.const 1e10)))", ""),
        (TrapKind::MemoryFault, "(drop (i32.load (i32.const 65533)))", ""),
        (TrapKind::MemoryFault, "(i32.store8 (i32.const 65536) (i32.const 1))", ""),
        (TrapKind::MemoryFault, "(drop (i64.load offset=0xffffffff (i32.const -1)))", ""),
        (TrapKind::MemoryFault, "(memory.fill (i32.const 65530) (i32.const 0) (i32.const 7))", ""),
        (TrapKind::MemoryFault, "(memory.copy (i32.const 0) (i32.const 65530) (i32.const 7))", ""),
        (TrapKind::MemoryFault, "(memory.init $passive (i32.const 0) (i32.const 3) (i32.const 3))", ""),
        (TrapKind::MemoryFault, "(drop (call $output (i32.const 65530) (i32.const 7)))", ""),
        (TrapKind::MemoryLimit, "(drop (memory.grow (i32.const 16)))", ""),
        (TrapKind::MemoryLimit, "(drop (memory.grow (i32.const 65535)))", ""),
        (TrapKind::StackOverflow, "(call $deep)", "(func $deep (call $deep))"),
        (
            TrapKind::StackOverflow,
            "(drop (call $deep (i64.const 1)))",
            "(func $deep (param i64) (result i64) (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (local.get 0)))",
        ),
        (TrapKind::IndirectCall, "(call_indirect (i32.const 1))", ""),
        (TrapKind::IndirectCall, "(drop (call_indirect (type $number) (i32.const 0)))", ""),
        (TrapKind::TableFault, "(call_indirect (i32.const 3))", ""),
        (TrapKind::TableFault, "(call_indirect (i32.const -1))", ""),
        (TrapKind::TableFault, "(table.init $functions (i32.const 3) (i32.const 0) (i32.const 1))", ""),
        (TrapKind::TableFault, "(table.copy (i32.const 2) (i32.const 0) (i32.const 2))", ""),
        (TrapKind::OutOfFuel, "(loop $for_ever (br $for_ever))", ""),
        (TrapKind::Aborted, "(call $abort (i32.const 2) (i32.const 5))", ""),
    ];
    for (kind, body, more) in cases {
        let staged = ends(body, more);
        assert_eq!(trap(&staged), Some(kind), "{body}: {:?}", staged.outcome);
        assert_eq!(staged.fuel, common::FUEL, "{body}: a trap consumes the whole grant");
        assert!(has_no_effects(&staged) && staged.output.is_empty(), "{body}: {staged:?}");
        assert_eq!(staged.usage.memory, 1, "{body}");
        assert!(staged.logged.is_some(), "{body}: what it logged stays logged");
        if kind == TrapKind::Aborted {
            let Outcome::Trapped(trap) = &staged.outcome else { panic!("{body}") };
            assert_eq!(trap.detail, "abort");
        }
    }
}

#[test]
fn a_module_that_cannot_be_set_up_traps() {
    for (kind, text) in [
        (TrapKind::MemoryFault, with_memory("(data (i32.const 65535) \"ab\") (func (export \"run\"))")),
        (
            TrapKind::TableFault,
            with_memory("(table 1 funcref) (elem (i32.const 1) func $f) (func $f (export \"run\"))"),
        ),
        (
            TrapKind::MemoryLimit,
            "(module (memory (export \"memory\") 17) (func (export \"run\")))".to_owned(),
        ),
    ] {
        let staged = World::new().run(&compile(&text), "run");
        assert_eq!(trap(&staged), Some(kind), "{text}: {:?}", staged.outcome);
        assert_eq!(staged.fuel, common::FUEL);
    }
}

#[test]
fn memory_grows_up_to_the_modules_own_maximum_and_the_grant() {
    let grow = |memory: &str, by: u32, expected: i32| {
        format!(
            "(module (memory (export \"memory\") {memory}) (func (export \"run\")
               (if (i32.ne (memory.grow (i32.const {by})) (i32.const {expected})) (then unreachable))))"
        )
    };
    let world = |memory| World { grant: GrantLimits { memory, ..World::new().grant }, ..World::new() };
    let run = |text: &str, pages| world(pages).run(&compile(text), "run");
    let staged = run(&grow("1", 15, 1), 16);
    assert_eq!((staged.outcome.clone(), staged.usage.memory), (Outcome::Ok, 16), "to the grant's last page");
    let staged = run(&grow("1 4", 3, 1), 16);
    assert_eq!((staged.outcome.clone(), staged.usage.memory), (Outcome::Ok, 4), "to its own maximum");
    let staged = run(&grow("1 4", 4, -1), 16);
    assert_eq!((staged.outcome.clone(), staged.usage.memory), (Outcome::Ok, 1), "past its own maximum");
    assert_eq!(trap(&run(&grow("1", 16, -1), 16)), Some(TrapKind::MemoryLimit));
    let most = limits::MEMORY_PAGES_MAX;
    let staged = run(&grow("1", 255, 1), most);
    assert_eq!((staged.outcome.clone(), staged.usage.memory), (Outcome::Ok, most));
    assert_eq!(trap(&run(&grow("1", 256, -1), most)), Some(TrapKind::MemoryLimit));
    assert_eq!(trap(&run(&grow("1 1", 0, 1), 0)), Some(TrapKind::MemoryLimit), "a grant of nothing");
}

#[test]
fn a_number_that_is_not_zero_is_a_failure_by_its_own_word() {
    for number in [1, -1, i32::MAX, i32::MIN] {
        let text = format!(
            "(module {EFFECTS} (func (export \"run\") (result i32) (call $effects) (i32.const {number})))"
        );
        let staged = World::new().run(&compile(&text), "run");
        assert_eq!(staged.outcome, Outcome::Failed(number));
        assert!(has_no_effects(&staged), "{staged:?}");
        assert_eq!(staged.output, b"xHabort", "the output stays");
        assert!(staged.fuel < common::FUEL, "and only what was burned is charged");
    }
}

// ---- fuel ----

/// A guest that does a little of everything, so that its fuel runs out in every kind of place.
fn small_guest() -> String {
    format!(
        "(module {EFFECTS}
           (func (export \"run\") (result i32) (local $n i32)
             (drop (call $input (i32.const 200) (i32.const 100)))
             (loop $again
               (local.set $n (i32.add (local.get $n) (i32.load8_u (i32.add (i32.const 200) (local.get $n)))))
               (br_if $again (i32.lt_u (local.get $n) (i32.const 100))))
             (memory.fill (i32.const 1000) (local.get $n) (i32.const 100))
             (call $effects) (call_indirect (i32.const 0))
             (i32.const 0)))"
    )
}

#[test]
fn fuel_and_results_are_the_same_pooled_and_on_demand_cold_and_warm() {
    let guest = block(&small_guest());
    assert_eq!(POOLED.description().id(), ON_DEMAND.description().id(), "the receipt names one engine");
    let mut runs = Vec::new();
    for engine in [&*POOLED, &*ON_DEMAND] {
        let cold = Module::compile(engine, &guest).unwrap();
        // The first run of a module, and those in slots that were used before.
        runs.extend((0..3).map(|_| said(&World::new().run(&cold, "run"))));
        let cache = Cache::new(engine.clone());
        for _ in 0..2 {
            let warm = futures::executor::block_on(cache.get(&guest)).unwrap();
            runs.push(said(&World::new().run(&warm, "run")));
        }
    }
    // And with the clock ticking.
    let ticker = POOLED.start_ticker().unwrap();
    let module = Module::compile(&POOLED, &guest).unwrap();
    runs.extend((0..20).map(|_| said(&World::new().run(&module, "run"))));
    drop(ticker);
    runs.dedup();
    assert_eq!(runs.len(), 1, "{runs:#?}");
}

/// A trap's own words do not depend on where the memory lies.
#[test]
fn traps_are_the_same_pooled_and_on_demand() {
    for body in [
        "(drop (i32.load (i32.const 70000)))",
        "(drop (call $output (i32.const 65530) (i32.const 7)))",
        "(drop (memory.grow (i32.const 16)))",
        "(call $deep)",
        "(loop $for_ever (br $for_ever))",
    ] {
        let text = format!(
            "(module {EFFECTS} (func $deep (call $deep)) (func (export \"run\") (call $effects) {body}))"
        );
        let run = |engine| said(&World::new().run(&Module::compile(engine, &block(&text)).unwrap(), "run"));
        assert_eq!(run(&POOLED), run(&ON_DEMAND), "{body}");
    }
}

/// What one guest left in its memory is gone when the slot is used again.
#[test]
fn a_slot_is_empty_when_it_is_used_again() {
    let text = with_memory(
        "(func (export \"write\") (memory.fill (i32.const 0) (i32.const 0xee) (i32.const 65536))
           (drop (memory.grow (i32.const 3))) (memory.fill (i32.const 65536) (i32.const 0xee) (i32.const 196608)))
         (func (export \"read\") (local $at i32) (drop (memory.grow (i32.const 3)))
           (loop $next
             (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
             (local.set $at (i32.add (local.get $at) (i32.const 8)))
             (br_if $next (i32.lt_u (local.get $at) (i32.const 262144)))))",
    );
    let module = compile(&text);
    for _ in 0..20 {
        assert_eq!(World::new().run(&module, "write").outcome, Outcome::Ok);
        assert_eq!(World::new().run(&module, "read").outcome, Outcome::Ok);
    }
}

#[test]
fn a_refused_module_is_refused_again_without_being_compiled_again() {
    let cache = Cache::new(POOLED.clone());
    let mut texts = String::new();
    for _ in 0..3 {
        let refused = futures::executor::block_on(cache.get(&block("(module)"))).unwrap_err();
        write!(texts, "{refused}").unwrap();
    }
    assert_eq!(texts.matches("memory").count() % 3, 0);
}
