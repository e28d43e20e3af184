//! A guest written as text: each of its entries does one thing that a test looks at.

use icn_runtime::Unit;

/// What the guest below imports.
const IMPORTS: &str = r#"
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
  (import "icn" "host_get_value" (func $get_value (param i32 i32 i32 i32) (result i32)))
  (import "icn" "host_set_value" (func $set_value (param i32 i32 i32 i32) (result i32)))
  (import "icn" "host_transfer" (func $transfer (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
  (import "icn" "host_get_balance" (func $balance (param i32 i32 i32 i32) (result i64)))
  (import "icn" "host_store_node" (func $store_node (param i32 i32 i32 i32 i32) (result i32)))
  (import "icn" "host_contains_node" (func $contains_node (param i32) (result i32)))
  (import "icn" "host_anchor_to_dag" (func $anchor (param i32 i32 i32) (result i32)))"#;

/// The entries of the guest: each does one thing that a test looks at.
const ENTRIES: &str = r#"
  (memory (export "memory") 4)
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 0) "till")
  (data (i32.const 16) "CHIP")
  (data (i32.const 32) "probe")
  (func $input (result i32) (call $get_input (i32.const 1024) (i32.const 200000)))
  ;; Does nothing.
  (func (export "nothing"))
  ;; Answers its input.
  (func (export "echo") (result i32) (call $set_output (i32.const 1024) (call $input)))
  ;; Keeps its input under its input.
  (func $put (export "put") (result i32) (local $n i32)
    (local.set $n (call $input))
    (call $set_value (i32.const 1024) (local.get $n) (i32.const 1024) (local.get $n)))
  ;; Answers what is kept under its input; fails with the host's code when there is nothing.
  (func (export "get") (result i32) (local $n i32)
    (local.set $n (call $get_value (i32.const 1024) (call $input) (i32.const 4096) (i32.const 256)))
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then (return (local.get $n))))
    (call $set_output (i32.const 4096) (local.get $n)))
  ;; Pays one CHIP from the treasury to the till.
  (func $pay (export "pay") (result i32)
    (call $transfer (i32.const 2) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4) (i64.const 1)
      (i32.const 0) (i32.const 0)))
  ;; Pays and keeps.
  (func (export "step") (result i32)
    (if (call $pay) (then (return (i32.const 1))))
    (call $put))
  ;; Pays and keeps, and then fails.
  (func (export "fail") (result i32)
    (drop (call $pay)) (drop (call $put)) (i32.const 7))
  ;; Pays and keeps, and then traps.
  (func (export "trap") (drop (call $pay)) (drop (call $put)) unreachable)
  ;; Never ends by itself.
  (func (export "spin") (loop $again (br $again)))
  ;; Answers the till's balance as eight bytes.
  (func (export "till") (result i32)
    (i64.store (i32.const 1024) (call $balance (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4)))
    (call $set_output (i32.const 1024) (i32.const 8)))
  ;; Stores its input as a node, anchors it and answers its name.
  (func (export "node") (result i32)
    (if (call $store_node (i32.const 1024) (call $input) (i32.const 0) (i32.const 0) (i32.const 512))
      (then (return (i32.const 1))))
    (if (call $anchor (i32.const 512) (i32.const 32) (i32.const 5)) (then (return (i32.const 2))))
    (call $set_output (i32.const 512) (i32.const 36)))
  ;; Answers one byte: whether the node named by its input is there.
  (func (export "has_node") (result i32)
    (drop (call $input))
    (i32.store8 (i32.const 512) (call $contains_node (i32.const 1024)))
    (call $set_output (i32.const 512) (i32.const 1)))
  ;; Counts in a global, in its memory and in a page that it grows, and answers what it finds there first:
  ;; twelve bytes.
  (func (export "remember") (result i32)
    (i32.store (i32.const 1024) (global.get $count))
    (i32.store (i32.const 1028) (i32.load (i32.const 100000)))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store (i32.const 100000) (i32.const 1))
    (i32.store (i32.const 1032) (memory.grow (i32.const 1)))
    (i32.store (i32.const 262144) (i32.const 77))
    (call $set_output (i32.const 1024) (i32.const 12)))"#;

/// The names of the guest's entries.
pub(crate) const PROBE_ENTRIES: [&str; 13] = [
    "nothing", "echo", "put", "get", "pay", "step", "fail", "trap", "spin", "till", "node", "has_node",
    "remember",
];

/// A module from text.
pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The text of a manifest's section.
pub(crate) fn manifest(entries: &[&str], capabilities: &[&str]) -> String {
    let json = serde_json::json!({
        "abi": 1, "name": "probe", "version": "1.0.0", "entries": entries, "capabilities": capabilities,
    });
    format!("(@custom \"icn.manifest\" \"{}\")", json.to_string().replace('"', "\\22"))
}

/// The guest, as bytes.
pub(crate) fn probe_wasm() -> Vec<u8> {
    let manifest = manifest(&PROBE_ENTRIES, &["state", "dag", "transfer", "treasury"]);
    wasm(&format!("(module {IMPORTS} {ENTRIES} {manifest})"))
}

/// The unit that the guest pays.
pub(crate) fn chip() -> Unit {
    Unit::parse("CHIP").unwrap()
}
