//! All modules that nobody wrote by hand, with their entries and the fuel for a call.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;

use icn_core::encode::Block;
use icn_sandbox::validate;

use super::random::random_module;
use super::recursion::{RECURSION_FUEL, recursions};
use super::text::assembled;

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
