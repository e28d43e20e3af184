//! The wasm side of the host's calls: the imports of module `icn`, the allocator and the panic handler.
//!
//! This is the only folder with `unsafe`. Each function takes slices and passes them as the pairs of the ABI. Its
//! caller decides what an answer means. `fake/` has the same functions for other targets.

#![allow(unsafe_code, reason = "calls imported functions with pointers; nothing else in the SDK does")]

mod heap;
mod panic;

use crate::abi::{Cid, HoldId};

/// The ABI, as `docs/host-abi.md` has it. Pointers and lengths are `i32` here: wasm is a 32-bit machine.
mod import {
    #[link(wasm_import_module = "icn")]
    unsafe extern "C" {
        pub(super) fn host_get_input(out: *mut u8, cap: usize) -> i32;
        pub(super) fn host_set_output(ptr: *const u8, len: usize) -> i32;
        pub(super) fn host_get_caller_did(out: *mut u8, cap: usize) -> i32;
        pub(super) fn host_get_scope_did(out: *mut u8, cap: usize) -> i32;
        pub(super) fn host_get_time() -> i64;
        pub(super) fn host_get_random(out: *mut u8, len: usize) -> i32;
        pub(super) fn host_log(level: i32, ptr: *const u8, len: usize) -> i32;
        pub(super) fn host_abort(ptr: *const u8, len: usize);

        pub(super) fn host_check_resource_authorization(kind: i32, amount: i64) -> i32;
        pub(super) fn host_record_resource_usage(kind: i32, amount: i64) -> i32;
        pub(super) fn host_get_resource_remaining(kind: i32) -> i64;
        pub(super) fn host_get_balance(
            owner: *const u8,
            owner_len: usize,
            unit: *const u8,
            unit_len: usize,
        ) -> i64;
        pub(super) fn host_transfer(
            from: i32,
            to: *const u8,
            to_len: usize,
            unit: *const u8,
            unit_len: usize,
            amount: i64,
            memo: *const u8,
            memo_len: usize,
        ) -> i32;

        pub(super) fn host_get_value(key: *const u8, key_len: usize, out: *mut u8, cap: usize) -> i32;
        pub(super) fn host_set_value(
            key: *const u8,
            key_len: usize,
            value: *const u8,
            value_len: usize,
        ) -> i32;
        pub(super) fn host_delete_value(key: *const u8, key_len: usize) -> i32;
        pub(super) fn host_scan_keys(
            prefix: *const u8,
            prefix_len: usize,
            after: *const u8,
            after_len: usize,
            out: *mut u8,
            cap: usize,
        ) -> i32;
        pub(super) fn host_store_node(
            payload: *const u8,
            payload_len: usize,
            parents: *const u8,
            count: usize,
            out: *mut u8,
        ) -> i32;
        pub(super) fn host_get_node(cid: *const u8, out: *mut u8, cap: usize) -> i32;
        pub(super) fn host_contains_node(cid: *const u8) -> i32;
        pub(super) fn host_anchor_to_dag(cid: *const u8, topic: *const u8, topic_len: usize) -> i32;

        pub(super) fn host_mint(
            unit: *const u8,
            unit_len: usize,
            amount: i64,
            to: *const u8,
            to_len: usize,
        ) -> i32;
        pub(super) fn host_burn(unit: *const u8, unit_len: usize, amount: i64, from: i32) -> i32;
        pub(super) fn host_hold(
            from: i32,
            to: *const u8,
            to_len: usize,
            unit: *const u8,
            unit_len: usize,
            amount: i64,
            deadline: i64,
            out: *mut u8,
        ) -> i32;
        pub(super) fn host_settle_hold(id: *const u8, amount: i64) -> i32;
        pub(super) fn host_void_hold(id: *const u8) -> i32;
        pub(super) fn host_transfer_cross(
            scope: *const u8,
            scope_len: usize,
            to: *const u8,
            to_len: usize,
            unit: *const u8,
            unit_len: usize,
            amount: i64,
            memo: *const u8,
            memo_len: usize,
        ) -> i32;

        pub(super) fn host_issue_credential(
            subject: *const u8,
            subject_len: usize,
            credential_type: *const u8,
            type_len: usize,
            claims: *const u8,
            claims_len: usize,
            valid_until: i64,
            out: *mut u8,
            cap: usize,
        ) -> i32;
        pub(super) fn host_revoke_credential(
            id: *const u8,
            id_len: usize,
            reason: *const u8,
            reason_len: usize,
        ) -> i32;
        pub(super) fn host_credential_status(id: *const u8, id_len: usize) -> i32;
        pub(super) fn host_verify_credential(json: *const u8, json_len: usize) -> i32;
        pub(super) fn host_verify_signature(
            did: *const u8,
            did_len: usize,
            message: *const u8,
            message_len: usize,
            signature: *const u8,
        ) -> i32;
    }
}

// These calls are safe for three reasons. Every pair is the pointer and length of one live slice. Every pointer without
// a length is that of an array of the ABI's size (36 bytes of a CID, 16 of a hold, 64 of a signature). The host keeps no
// pointer after the call: it reads inputs and writes at most `cap` bytes of outputs.
macro_rules! import {
    ($function:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: the reasons above; each use passes whole slices or arrays only.
        unsafe { import::$function($($argument),*) }
    };
}

pub(crate) fn get_input(out: &mut [u8]) -> i32 {
    import!(host_get_input(out.as_mut_ptr(), out.len()))
}

pub(crate) fn set_output(bytes: &[u8]) -> i32 {
    import!(host_set_output(bytes.as_ptr(), bytes.len()))
}

pub(crate) fn get_caller_did(out: &mut [u8]) -> i32 {
    import!(host_get_caller_did(out.as_mut_ptr(), out.len()))
}

pub(crate) fn get_scope_did(out: &mut [u8]) -> i32 {
    import!(host_get_scope_did(out.as_mut_ptr(), out.len()))
}

pub(crate) fn get_time() -> i64 {
    import!(host_get_time())
}

pub(crate) fn get_random(out: &mut [u8]) -> i32 {
    import!(host_get_random(out.as_mut_ptr(), out.len()))
}

pub(crate) fn log(level: i32, text: &[u8]) -> i32 {
    import!(host_log(level, text.as_ptr(), text.len()))
}

pub(crate) fn abort(message: &[u8]) -> ! {
    import!(host_abort(message.as_ptr(), message.len()));
    // The host traps. If it returned all the same, this would trap.
    core::arch::wasm32::unreachable()
}

pub(crate) fn check_resource_authorization(kind: i32, amount: i64) -> i32 {
    import!(host_check_resource_authorization(kind, amount))
}

pub(crate) fn record_resource_usage(kind: i32, amount: i64) -> i32 {
    import!(host_record_resource_usage(kind, amount))
}

pub(crate) fn get_resource_remaining(kind: i32) -> i64 {
    import!(host_get_resource_remaining(kind))
}

pub(crate) fn get_balance(owner: &[u8], unit: &[u8]) -> i64 {
    import!(host_get_balance(owner.as_ptr(), owner.len(), unit.as_ptr(), unit.len()))
}

pub(crate) fn transfer(from: i32, to: &[u8], unit: &[u8], amount: i64, memo: &[u8]) -> i32 {
    import!(host_transfer(
        from,
        to.as_ptr(),
        to.len(),
        unit.as_ptr(),
        unit.len(),
        amount,
        memo.as_ptr(),
        memo.len(),
    ))
}

pub(crate) fn get_value(key: &[u8], out: &mut [u8]) -> i32 {
    import!(host_get_value(key.as_ptr(), key.len(), out.as_mut_ptr(), out.len()))
}

pub(crate) fn set_value(key: &[u8], value: &[u8]) -> i32 {
    import!(host_set_value(key.as_ptr(), key.len(), value.as_ptr(), value.len()))
}

pub(crate) fn delete_value(key: &[u8]) -> i32 {
    import!(host_delete_value(key.as_ptr(), key.len()))
}

pub(crate) fn scan_keys(prefix: &[u8], after: &[u8], out: &mut [u8]) -> i32 {
    import!(host_scan_keys(
        prefix.as_ptr(),
        prefix.len(),
        after.as_ptr(),
        after.len(),
        out.as_mut_ptr(),
        out.len(),
    ))
}

pub(crate) fn store_node(payload: &[u8], parents: &[Cid], out: &mut [u8; Cid::BYTES]) -> i32 {
    // A `Cid` is its 36 bytes, so a slice of them has the form of the ABI: one CID after the other.
    let first = parents.as_ptr().cast();
    import!(host_store_node(payload.as_ptr(), payload.len(), first, parents.len(), out.as_mut_ptr()))
}

pub(crate) fn get_node(cid: &[u8; Cid::BYTES], out: &mut [u8]) -> i32 {
    import!(host_get_node(cid.as_ptr(), out.as_mut_ptr(), out.len()))
}

pub(crate) fn contains_node(cid: &[u8; Cid::BYTES]) -> i32 {
    import!(host_contains_node(cid.as_ptr()))
}

pub(crate) fn anchor_to_dag(cid: &[u8; Cid::BYTES], topic: &[u8]) -> i32 {
    import!(host_anchor_to_dag(cid.as_ptr(), topic.as_ptr(), topic.len()))
}

pub(crate) fn mint(unit: &[u8], amount: i64, to: &[u8]) -> i32 {
    import!(host_mint(unit.as_ptr(), unit.len(), amount, to.as_ptr(), to.len()))
}

pub(crate) fn burn(unit: &[u8], amount: i64, from: i32) -> i32 {
    import!(host_burn(unit.as_ptr(), unit.len(), amount, from))
}

pub(crate) fn hold(
    from: i32,
    to: &[u8],
    unit: &[u8],
    amount: i64,
    deadline: i64,
    out: &mut [u8; HoldId::BYTES],
) -> i32 {
    import!(host_hold(
        from,
        to.as_ptr(),
        to.len(),
        unit.as_ptr(),
        unit.len(),
        amount,
        deadline,
        out.as_mut_ptr(),
    ))
}

pub(crate) fn settle_hold(id: &[u8; HoldId::BYTES], amount: i64) -> i32 {
    import!(host_settle_hold(id.as_ptr(), amount))
}

pub(crate) fn void_hold(id: &[u8; HoldId::BYTES]) -> i32 {
    import!(host_void_hold(id.as_ptr()))
}

pub(crate) fn transfer_cross(scope: &[u8], to: &[u8], unit: &[u8], amount: i64, memo: &[u8]) -> i32 {
    import!(host_transfer_cross(
        scope.as_ptr(),
        scope.len(),
        to.as_ptr(),
        to.len(),
        unit.as_ptr(),
        unit.len(),
        amount,
        memo.as_ptr(),
        memo.len(),
    ))
}

pub(crate) fn issue_credential(
    subject: &[u8],
    credential_type: &[u8],
    claims: &[u8],
    valid_until: i64,
    out: &mut [u8],
) -> i32 {
    import!(host_issue_credential(
        subject.as_ptr(),
        subject.len(),
        credential_type.as_ptr(),
        credential_type.len(),
        claims.as_ptr(),
        claims.len(),
        valid_until,
        out.as_mut_ptr(),
        out.len(),
    ))
}

pub(crate) fn revoke_credential(id: &[u8], reason: &[u8]) -> i32 {
    import!(host_revoke_credential(id.as_ptr(), id.len(), reason.as_ptr(), reason.len()))
}

pub(crate) fn credential_status(id: &[u8]) -> i32 {
    import!(host_credential_status(id.as_ptr(), id.len()))
}

pub(crate) fn verify_credential(json: &[u8]) -> i32 {
    import!(host_verify_credential(json.as_ptr(), json.len()))
}

pub(crate) fn verify_signature(did: &[u8], message: &[u8], signature: &[u8; 64]) -> i32 {
    import!(host_verify_signature(
        did.as_ptr(),
        did.len(),
        message.as_ptr(),
        message.len(),
        signature.as_ptr(),
    ))
}
