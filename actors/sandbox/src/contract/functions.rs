//! The functions of the host ABI, version 1, as a table.
//!
//! The table is said once, in the macro [`host_functions`]. From it are made: [`FUNCTIONS`] and [`PARAMETERS`],
//! which the validator compares imports with and `icn abi` prints; and the linker in `abi/`, which calls a Rust
//! function of the same name. Tests compare it with `docs/host-abi.md`. Nothing is decided here.

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

/// A function of the ABI: name, parameters, results.
pub(crate) type Function = (&'static str, &'static [FunctionType], &'static [FunctionType]);

/// Hands the table to the macro `$each`: every function that a guest may import from `icn`, group by group. An
/// `async` function may have to wait for the ledger; a guest does not notice.
macro_rules! host_functions {
    ($each:ident) => {
        $each! {
            context {
                sync host_get_input(out: i32, cap: i32) -> i32;
                sync host_set_output(ptr: i32, len: i32) -> i32;
                sync host_get_caller_did(out: i32, cap: i32) -> i32;
                sync host_get_scope_did(out: i32, cap: i32) -> i32;
                sync host_get_time() -> i64;
                sync host_get_random(out: i32, len: i32) -> i32;
                sync host_log(level: i32, ptr: i32, len: i32) -> i32;
                sync host_abort(ptr: i32, len: i32) -> ();
            }
            resource {
                async host_check_resource_authorization(kind: i32, amount: i64) -> i32;
                async host_record_resource_usage(kind: i32, amount: i64) -> i32;
                async host_get_resource_remaining(kind: i32) -> i64;
                async host_get_balance(owner: i32, owner_len: i32, unit: i32, unit_len: i32) -> i64;
                async host_transfer(
                    from: i32, to: i32, to_len: i32, unit: i32, unit_len: i32, amount: i64, memo: i32, memo_len: i32
                ) -> i32;
            }
            mint {
                async host_mint(unit: i32, unit_len: i32, amount: i64, to: i32, to_len: i32) -> i32;
                async host_burn(unit: i32, unit_len: i32, amount: i64, from: i32) -> i32;
            }
            escrow {
                async host_hold(
                    from: i32, to: i32, to_len: i32, unit: i32, unit_len: i32, amount: i64, deadline: i64, out: i32
                ) -> i32;
                async host_settle_hold(id: i32, amount: i64) -> i32;
                async host_void_hold(id: i32) -> i32;
            }
            cross {
                async host_transfer_cross(
                    scope: i32, scope_len: i32, to: i32, to_len: i32, unit: i32, unit_len: i32, amount: i64,
                    memo: i32, memo_len: i32
                ) -> i32;
            }
            state {
                sync host_get_value(key: i32, key_len: i32, out: i32, cap: i32) -> i32;
                sync host_set_value(key: i32, key_len: i32, value: i32, value_len: i32) -> i32;
                sync host_delete_value(key: i32, key_len: i32) -> i32;
                sync host_scan_keys(
                    prefix: i32, prefix_len: i32, after: i32, after_len: i32, out: i32, cap: i32
                ) -> i32;
            }
            dag {
                sync host_store_node(payload: i32, payload_len: i32, parents: i32, count: i32, out: i32) -> i32;
                sync host_get_node(cid: i32, out: i32, cap: i32) -> i32;
                sync host_contains_node(cid: i32) -> i32;
                sync host_anchor_to_dag(cid: i32, topic: i32, topic_len: i32) -> i32;
            }
            credential {
                sync host_issue_credential(
                    subject: i32, subject_len: i32, r#type: i32, type_len: i32, claims: i32, claims_len: i32,
                    valid_until: i64, out: i32, cap: i32
                ) -> i32;
                sync host_revoke_credential(id: i32, id_len: i32, reason: i32, reason_len: i32) -> i32;
                sync host_credential_status(id: i32, id_len: i32) -> i32;
                sync host_verify_credential(json: i32, json_len: i32) -> i32;
            }
            signature {
                sync host_verify_signature(
                    did: i32, did_len: i32, message: i32, message_len: i32, signature: i32
                ) -> i32;
            }
        }
    };
}
pub(crate) use host_functions;

/// Defines the two public tables from the rows.
macro_rules! define_tables {
    ($($group:ident {
        $($kind:ident $name:ident($($param:ident: $type:ident),*) -> $result:tt;)*
    })*) => {
        /// Every function that a guest may import from `icn`.
        pub const FUNCTIONS: &[Function] =
            &[$($((stringify!($name), &[$(value_type!($type)),*], results!($result)),)*)*];

        /// The names of each function's parameters, in the order of [`FUNCTIONS`].
        pub const PARAMETERS: &[(&str, &[&str])] =
            &[$($((stringify!($name), &[$(parameter_name!($param)),*]),)*)*];
    };
}

macro_rules! value_type {
    (i32) => {
        FunctionType::I32
    };
    (i64) => {
        FunctionType::I64
    };
}

macro_rules! results {
    (()) => {
        &[]
    };
    ($type:ident) => {
        &[value_type!($type)]
    };
}

/// A parameter's name as the document has it; `type` is a word of Rust's own.
macro_rules! parameter_name {
    (r#type) => {
        "type"
    };
    ($name:ident) => {
        stringify!($name)
    };
}

host_functions!(define_tables);
