//! Random modules that the host ABI accepts, the same from the same seed on every machine.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use arbitrary::Unstructured;
use icn_core::encode::Block;
use icn_core::name::Codec;
use icn_sandbox::{FUNCTIONS, FunctionType};
use sha2::{Digest as _, Sha256};
use wasm_smith::Config;

use super::text::wasm;

/// What random modules say of themselves: they ask for whatever needs no name of a credential's type.
const MANIFEST: &str = r#"{"abi":1,"name":"random","version":"1","entries":[],
    "capabilities":["state","dag","transfer","treasury","usage","mint","cross"]}"#;

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
