//! Guests that nobody wrote by hand: random modules that the host ABI accepts, and recursions without an end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use arbitrary::Unstructured;
use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::Codec;
use icn_sandbox::{FUNCTIONS, FunctionType, validate};
use sha2::{Digest as _, Sha256};
use wasm_smith::Config;

/// What random modules say of themselves: they ask for whatever needs no name of a credential's type.
const MANIFEST: &str = r#"{"abi":1,"name":"random","version":"1","entries":[],
    "capabilities":["state","dag","transfer","treasury","usage","mint","cross"]}"#;

/// Fuel of a recursion's run: more than any burns before it is too deep.
pub const RECURSION_FUEL: u64 = 100_000_000;

/// A module's bytes from its text.
fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A module as a block, from its text.
#[must_use]
pub fn assembled(text: &str) -> Block {
    Block::new(Codec::Raw, wasm(text))
}

/// The ABI as the text of a module that imports all of it.
fn imports() -> Vec<u8> {
    let kinds = |types: &[FunctionType]| {
        let names: Vec<_> =
            types.iter().map(|kind| if *kind == FunctionType::I32 { "i32" } else { "i64" }).collect();
        names.join(" ")
    };
    let lines: Vec<_> = FUNCTIONS
        .iter()
        .map(|(name, params, results)| {
            let results =
                if results.is_empty() { String::new() } else { format!("(result {})", kinds(results)) };
            format!("(import \"icn\" \"{name}\" (func (param {}) {results}))", kinds(params))
        })
        .collect();
    wasm(&format!("(module {})", lines.concat()))
}

/// Only what the host ABI accepts; everything else of the generator is off.
fn config() -> Config {
    Config {
        available_imports: Some(imports()),
        exports: Some(wasm(
            "(module (memory (export \"memory\") 1 20) (func (export \"run\") (result i32) i32.const 0) (func (export \"go\")))",
        )),
        allow_start_export: false,
        bulk_memory_enabled: true,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        max_elements: 50,
        max_instructions: 200,
        max_memory32_bytes: 4 << 20,
        max_table_elements: 1_000,
        max_type_size: 8,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        // Most calls fault or are refused for what they are given: both are compared, and rarely reach far.
        max_imports: 12,
        ..Config::default()
    }
}

/// Bytes without end from a number, the same on every machine.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let blocks = (0..length.div_ceil(32) as u64).flat_map(|at| {
        Sha256::new().chain_update(seed.to_le_bytes()).chain_update(at.to_le_bytes()).finalize()
    });
    blocks.take(length).collect()
}

/// The random module of a seed, the same on every machine; none where the generator gives up. Most are accepted.
#[must_use]
pub fn random_module(seed: u64) -> Option<Block> {
    let noise = noise(seed, 8_192);
    let module = wasm_smith::Module::new(config(), &mut Unstructured::new(&noise)).ok()?;
    let manifest = wat::parse_str(format!("(module (@custom \"icn.manifest\" {MANIFEST:?}))")).ok()?;
    // The section alone: behind the magic number and the version.
    let manifest = manifest.get(8..)?;
    Some(Block::new(Codec::Raw, [&module.to_bytes(), manifest].concat()))
}

/// A guest whose entry `run` answers with everything that the host tells it: who and where it is, the time, random
/// bytes, its input, and what is left of fuel, storage and memory.
pub const TELLS_ALL: &str = r#"(module
  (import "icn" "host_get_input" (func $input (param i32 i32) (result i32)))
  (import "icn" "host_get_caller_did" (func $caller (param i32 i32) (result i32)))
  (import "icn" "host_get_scope_did" (func $scope (param i32 i32) (result i32)))
  (import "icn" "host_get_time" (func $time (result i64)))
  (import "icn" "host_get_random" (func $random (param i32 i32) (result i32)))
  (import "icn" "host_get_resource_remaining" (func $remaining (param i32) (result i64)))
  (import "icn" "host_log" (func $log (param i32 i32 i32) (result i32)))
  (import "icn" "host_set_output" (func $output (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run")
    (i64.store (i32.const 0) (call $time))
    (i64.store (i32.const 8) (i64.extend_i32_s (call $input (i32.const 1000) (i32.const 1000))))
    (i64.store (i32.const 16) (i64.extend_i32_s (call $caller (i32.const 2000) (i32.const 100))))
    (i64.store (i32.const 24) (i64.extend_i32_s (call $scope (i32.const 2100) (i32.const 100))))
    (i64.store (i32.const 32) (i64.extend_i32_s (call $random (i32.const 2200) (i32.const 1000))))
    (i64.store (i32.const 40) (call $remaining (i32.const 0)))
    (i64.store (i32.const 48) (call $remaining (i32.const 1)))
    (i64.store (i32.const 56) (call $remaining (i32.const 2)))
    (i64.store (i32.const 64) (call $remaining (i32.const 4)))
    (drop (call $log (i32.const 2) (i32.const 2000) (i32.const 56)))
    (drop (call $output (i32.const 0) (i32.const 4000)))))"#;

/// A module, its entries, and the fuel that a call of one gets.
pub type Made = (Block, Vec<String>, u64);

/// The one that [tells all](TELLS_ALL), so many random modules that are accepted, with this fuel each, and after them
/// the recursions, with plenty. None stands there twice. Panics when fewer than a third of the seeds make a module that is accepted.
#[must_use]
pub fn modules(random: usize, fuel: u64) -> Vec<Made> {
    let entries = |block: &Block| Some(validate(block.bytes()).ok()?.entries.into_keys().collect());
    let mut seen = BTreeSet::new();
    let accepted = (0..3 * random as u64).filter_map(|seed| {
        let block = random_module(seed)?;
        let entries = entries(&block)?;
        seen.insert(block.id()).then_some((block, entries, fuel))
    });
    let tells_all = (assembled(TELLS_ALL), vec!["run".to_owned()], RECURSION_FUEL);
    let mut made: Vec<Made> = [tells_all].into_iter().chain(accepted.take(random)).collect();
    assert_eq!(made.len(), 1 + random, "most random modules are accepted");
    made.extend(recursions().into_iter().filter_map(|(_, text)| {
        let block = assembled(&text);
        let entries = entries(&block).unwrap();
        seen.insert(block.id()).then_some((block, entries, RECURSION_FUEL))
    }));
    made
}

/// A module whose entry `run` calls `$f` with as many constants as it has parameters.
#[must_use]
pub fn guest(functions: &str, call: &str) -> String {
    format!("(module (memory (export \"memory\") 16) {functions} (func (export \"run\") {call}))")
}

/// Recursions without an end, of many shapes: names, and modules as text whose entry is `run`.
#[must_use]
pub fn recursions() -> Vec<(String, String)> {
    let mut shapes = vec![
        ("smallest".to_owned(), guest("(func $f call $f)", "call $f")),
        (
            "mutual".to_owned(),
            guest("(func $f call $g) (func $g (local i64 i64) call $h) (func $h call $f)", "call $f"),
        ),
        (
            "indirect".to_owned(),
            guest(
                "(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (call_indirect (type $t) (i32.const 0)))",
                "call $f",
            ),
        ),
        (
            "many parameters".to_owned(),
            guest(
                &format!(
                    "(func $f (param {}) {} call $f)",
                    "i64 ".repeat(32),
                    (0..32).fold(String::new(), |mut text, at| {
                        let _ = write!(text, "(i64.add (local.get {at}) (i64.const 1))");
                        text
                    })
                ),
                &format!("{} call $f", "i64.const 7 ".repeat(32)),
            ),
        ),
        (
            "results".to_owned(),
            guest(
                "(func $f (result i64 f64 i32 i64) (local i64) call $f call $f drop drop drop drop)",
                "call $f drop drop drop drop",
            ),
        ),
    ];
    // Values that a compiler keeps over the call, because they are wanted again: it computes each once.
    for values in [8u32, 100, 1_000, 2_000] {
        for (name, make) in [
            ("integers", "(i64.mul (local.get 0) (i64.const %))"),
            ("floats", "(f64.mul (f64.convert_i64_s (local.get 0)) (f64.const %.5))"),
            ("loads", "(i64.add (i64.load offset=% (i32.wrap_i64 (local.get 0))) (i64.const %))"),
        ] {
            // As many as a function of this kind may weigh.
            let values = if name == "floats" { values.min(300) } else { values };
            let store = if name == "floats" { "f64.store" } else { "i64.store" };
            let row = (0..values).fold(String::new(), |mut text, at| {
                let value = make.replace('%', &(at * 8 + 3).to_string());
                let _ = write!(text, "({store} offset={} (i32.const 0) {value})", at * 8);
                text
            });
            let body =
                format!("(func $f (param i64) {row} (call $f (i64.add (local.get 0) (i64.const 1))) {row})");
            shapes.push((format!("{values} {name} over a call"), guest(&body, "(call $f (i64.const 0))")));
        }
        // The same on the operand stack, as many as may be there.
        let values = values.min(limits::OPERAND_STACK_MAX * 7 / 10);
        let (push, pop) = (
            (0..values).fold(String::new(), |mut text, at| {
                let _ = write!(text, "(i64.xor (local.get 0) (i64.const {at}))");
                text
            }),
            "i64.add ".repeat(values as usize),
        );
        let body = format!(
            "(func $f (param i64) (result i64) {push} (call $f (i64.add (local.get 0) (i64.const 1))) {pop})"
        );
        shapes
            .push((format!("{values} on the operand stack"), guest(&body, "(drop (call $f (i64.const 0)))")));
    }
    let locals = limits::FUNCTION_LOCALS_MAX / 2;
    let sets = (0..locals).fold(String::new(), |mut text, at| {
        let _ = write!(text, "(local.set {} (i64.rotl (local.get 0) (i64.const {at})))", at + 1);
        text
    });
    let gets = (0..locals).fold(String::new(), |mut text, at| {
        let _ = write!(text, "(i64.store (i32.const {}) (local.get {}))", at * 8, at + 1);
        text
    });
    let body = format!(
        "(func $f (param i64) (local {}) {sets} (call $f (i64.add (local.get 0) (i64.const 1))) {gets})",
        "i64 ".repeat(locals as usize)
    );
    shapes.push(("half of the locals".to_owned(), guest(&body, "(call $f (i64.const 0))")));
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recursions_and_the_one_that_tells_all_are_accepted() {
        let texts = recursions().into_iter().chain([("tells all".to_owned(), TELLS_ALL.to_owned())]);
        let refused: Vec<_> = texts
            .filter_map(|(name, text)| Some((name, validate(assembled(&text).bytes()).err()?.to_string())))
            .collect();
        assert!(refused.is_empty(), "{refused:#?}");
    }
}
