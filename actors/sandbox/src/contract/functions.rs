//! The functions of the host ABI, version 1, as a table.
//!
//! It is what the validator compares imports with, what `icn abi` prints, and what tests compare with the linker and
//! with `docs/host-abi.md`. Nothing is decided here. A function that stands in the table must be linked in `abi/`.

/// The version of the ABI: a manifest's `abi` must be this number.
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
    ("host_mint", &[I32, I32, I64, I32, I32], &[I32]),
    ("host_burn", &[I32, I32, I64, I32], &[I32]),
    ("host_hold", &[I32, I32, I32, I32, I32, I64, I64, I32], &[I32]),
    ("host_settle_hold", &[I32, I64], &[I32]),
    ("host_void_hold", &[I32], &[I32]),
    ("host_transfer_cross", &[I32, I32, I32, I32, I32, I32, I64, I32, I32], &[I32]),
    ("host_get_value", &[I32, I32, I32, I32], &[I32]),
    ("host_set_value", &[I32, I32, I32, I32], &[I32]),
    ("host_delete_value", &[I32, I32], &[I32]),
    ("host_scan_keys", &[I32, I32, I32, I32, I32, I32], &[I32]),
    ("host_store_node", &[I32, I32, I32, I32, I32], &[I32]),
    ("host_get_node", &[I32, I32, I32], &[I32]),
    ("host_contains_node", &[I32], &[I32]),
    ("host_anchor_to_dag", &[I32, I32, I32], &[I32]),
    ("host_issue_credential", &[I32, I32, I32, I32, I32, I32, I64, I32, I32], &[I32]),
    ("host_revoke_credential", &[I32, I32, I32, I32], &[I32]),
    ("host_credential_status", &[I32, I32], &[I32]),
    ("host_verify_credential", &[I32, I32], &[I32]),
    ("host_verify_signature", &[I32, I32, I32, I32, I32], &[I32]),
];

/// The names of each function's parameters, in the order of [`FUNCTIONS`].
pub const PARAMETERS: &[(&str, &[&str])] = &[
    ("host_get_input", &["out", "cap"]),
    ("host_set_output", &["ptr", "len"]),
    ("host_get_caller_did", &["out", "cap"]),
    ("host_get_scope_did", &["out", "cap"]),
    ("host_get_time", &[]),
    ("host_get_random", &["out", "len"]),
    ("host_log", &["level", "ptr", "len"]),
    ("host_abort", &["ptr", "len"]),
    ("host_check_resource_authorization", &["kind", "amount"]),
    ("host_record_resource_usage", &["kind", "amount"]),
    ("host_get_resource_remaining", &["kind"]),
    ("host_get_balance", &["owner", "owner_len", "unit", "unit_len"]),
    ("host_transfer", &["from", "to", "to_len", "unit", "unit_len", "amount", "memo", "memo_len"]),
    ("host_mint", &["unit", "unit_len", "amount", "to", "to_len"]),
    ("host_burn", &["unit", "unit_len", "amount", "from"]),
    ("host_hold", &["from", "to", "to_len", "unit", "unit_len", "amount", "deadline", "out"]),
    ("host_settle_hold", &["id", "amount"]),
    ("host_void_hold", &["id"]),
    (
        "host_transfer_cross",
        &["scope", "scope_len", "to", "to_len", "unit", "unit_len", "amount", "memo", "memo_len"],
    ),
    ("host_get_value", &["key", "key_len", "out", "cap"]),
    ("host_set_value", &["key", "key_len", "value", "value_len"]),
    ("host_delete_value", &["key", "key_len"]),
    ("host_scan_keys", &["prefix", "prefix_len", "after", "after_len", "out", "cap"]),
    ("host_store_node", &["payload", "payload_len", "parents", "count", "out"]),
    ("host_get_node", &["cid", "out", "cap"]),
    ("host_contains_node", &["cid"]),
    ("host_anchor_to_dag", &["cid", "topic", "topic_len"]),
    (
        "host_issue_credential",
        &["subject", "subject_len", "type", "type_len", "claims", "claims_len", "valid_until", "out", "cap"],
    ),
    ("host_revoke_credential", &["id", "id_len", "reason", "reason_len"]),
    ("host_credential_status", &["id", "id_len"]),
    ("host_verify_credential", &["json", "json_len"]),
    ("host_verify_signature", &["did", "did_len", "message", "message_len", "signature"]),
];
