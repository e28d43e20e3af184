//! The host ABI, version 1: one file a group of functions, and the table that says their types.

mod context;
mod dag;
mod resource;
mod state;

use icn_core::limits;
use wasmtime::{Linker, ValType};

use crate::context::Context;

/// The version of the ABI: what a manifest's `abi` must say.
pub const ABI_VERSION: u32 = 1;

/// A value type of the ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionType {
    /// A pointer, a length, a code.
    I32,
    /// An amount, a time, a balance.
    I64,
}

use FunctionType::{I32, I64};

/// A function of the ABI: name, parameters, results.
pub(crate) type Function = (&'static str, &'static [FunctionType], &'static [FunctionType]);

/// Every function that a guest may import from `icn`.
pub const FUNCTIONS: &[Function] = &[
    ("host_get_input", &[I32, I32], &[I32]),
    ("host_set_output", &[I32, I32], &[I32]),
    ("host_get_caller_did", &[I32, I32], &[I32]),
    ("host_get_scope_did", &[I32, I32], &[I32]),
    ("host_get_time", &[], &[I64]),
    ("host_get_random", &[I32, I32], &[I32]),
    ("host_log", &[I32, I32, I32], &[I32]),
    ("host_abort", &[I32, I32], &[]),
    ("host_check_resource_authorization", &[I32, I64], &[I32]),
    ("host_record_resource_usage", &[I32, I64], &[I32]),
    ("host_get_resource_remaining", &[I32], &[I64]),
    ("host_get_balance", &[I32, I32, I32, I32], &[I64]),
    ("host_transfer", &[I32, I32, I32, I32, I32, I64, I32, I32], &[I32]),
    ("host_get_value", &[I32, I32, I32, I32], &[I32]),
    ("host_set_value", &[I32, I32, I32, I32], &[I32]),
    ("host_delete_value", &[I32, I32], &[I32]),
    ("host_scan_keys", &[I32, I32, I32, I32, I32, I32], &[I32]),
    ("host_store_node", &[I32, I32, I32, I32, I32], &[I32]),
    ("host_get_node", &[I32, I32, I32], &[I32]),
    ("host_contains_node", &[I32], &[I32]),
    ("host_anchor_to_dag", &[I32, I32, I32], &[I32]),
];

/// Defines every function of the table.
pub(crate) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    context::link(linker)?;
    resource::link(linker)?;
    state::link(linker)?;
    dag::link(linker)
}

/// The type of a function of the table, as the engine says it.
pub(crate) fn matches(types: &[FunctionType], found: impl ExactSizeIterator<Item = ValType>) -> bool {
    types.len() == found.len()
        && types
            .iter()
            .zip(found)
            .all(|(expected, found)| matches!((expected, found), (I32, ValType::I32) | (I64, ValType::I64)))
}

/// Limits that decide whether a guest's call succeeds, a line each: part of the engine's description.
pub(crate) fn limits_text() -> String {
    [
        ("output_bytes_max", limits::OUTPUT_BYTES_MAX),
        ("name_bytes_max", limits::NAME_BYTES_MAX),
        ("unit_bytes_max", limits::UNIT_BYTES_MAX),
        ("memo_bytes_max", limits::MEMO_BYTES_MAX),
        ("topic_bytes_max", limits::TOPIC_BYTES_MAX),
        ("log_text_bytes_max", limits::LOG_TEXT_BYTES_MAX),
        ("log_lines_max", limits::LOG_LINES_MAX),
        ("abort_text_bytes_max", limits::ABORT_TEXT_BYTES_MAX),
        ("random_bytes_max", limits::RANDOM_BYTES_MAX),
        ("key_bytes_max", limits::KEY_BYTES_MAX),
        ("value_bytes_max", limits::VALUE_BYTES_MAX),
        ("node_bytes_max", limits::NODE_BYTES_MAX),
        ("node_parents_max", limits::NODE_PARENTS_MAX),
        ("writes_max", limits::WRITES_MAX),
        ("write_set_bytes_max", limits::WRITE_SET_BYTES_MAX),
        ("nodes_max", limits::NODES_MAX),
        ("anchors_max", limits::ANCHORS_MAX),
        ("transfers_max", limits::TRANSFERS_MAX),
    ]
    .iter()
    .map(|(name, limit)| format!("{name} {limit}\n"))
    .collect()
}
