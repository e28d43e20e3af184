//! The wasm side: the imports of module `icn`, the allocator and the panic handler.
//!
//! The only file with `unsafe`. Each function takes slices and passes them as the pairs of the ABI; what an
//! answer means is decided by its caller. `fake.rs` has the same functions for other targets.

#![allow(unsafe_code, reason = "calls imported functions with pointers; nothing else in the SDK does")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::fmt::{self, Write};
use core::panic::PanicInfo;

use crate::dag::Cid;

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
    }
}

// Safe because every pair below is the pointer and length of one live slice, every `cid` points to 36 bytes,
// and the host keeps no pointer beyond the call: it reads inputs and writes at most `cap` bytes of outputs.
macro_rules! import {
    ($function:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: see above; each use passes whole slices or arrays only.
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
    // The host traps; a host that came back would find this trap instead.
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
    // `Cid` is its 36 bytes, so a slice of them is what the ABI asks for: one after the other.
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

const PAGE_BYTES: usize = 64 * 1024;

unsafe extern "C" {
    /// Where the linker's data ends; its address is the value.
    static __heap_base: u8;
}

/// Hands out memory from the heap's start upwards and takes none back: an instance lives for one call.
///
/// Memory that was never handed out is zero, as wasm gives it, so zeroed memory costs nothing.
struct Bump {
    /// Address of the first byte that nobody has; zero before the first use.
    next: Cell<usize>,
}

// SAFETY: a guest has one thread; shared memories are no feature of the ABI.
unsafe impl Sync for Bump {}

#[global_allocator]
static HEAP: Bump = Bump { next: Cell::new(0) };

impl Bump {
    /// Moves the end of what is handed out to `end`, growing the memory when it must.
    fn advance(&self, end: usize) -> bool {
        let have = core::arch::wasm32::memory_size::<0>() * PAGE_BYTES;
        if end > have {
            let pages = (end - have).div_ceil(PAGE_BYTES);
            if core::arch::wasm32::memory_grow::<0>(pages) == usize::MAX {
                return false;
            }
        }
        self.next.set(end);
        true
    }
}

// SAFETY: what is handed out lies between `__heap_base` and the memory's end, aligned, and is never handed
// out twice: `next` only grows, and only past what was handed out.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = match self.next.get() {
            0 => &raw const __heap_base as usize,
            next => next,
        };
        let Some(aligned) = start.checked_next_multiple_of(layout.align()) else {
            return core::ptr::null_mut();
        };
        match aligned.checked_add(layout.size()) {
            Some(end) if self.advance(end) => core::ptr::with_exposed_provenance_mut(aligned),
            _ => core::ptr::null_mut(),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is that of `alloc`; memory that was never handed out is zero.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = ptr.expose_provenance();
        if size <= layout.size() {
            return ptr;
        }
        // The last thing handed out grows where it is: a vector that is being filled is not copied.
        if start + layout.size() == self.next.get() {
            if let Some(end) = start.checked_add(size) {
                if self.advance(end) {
                    return ptr;
                }
            }
            return core::ptr::null_mut();
        }
        // SAFETY: `size` is not zero and the alignment is the layout's, which was valid.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both blocks are at least as long as the old one, and they do not overlap.
            unsafe { core::ptr::copy_nonoverlapping(ptr, new, layout.size()) };
        }
        new
    }
}

/// A text of bounded length, cut where it is full: a panic must not allocate, memory may be what is missing.
struct Line {
    bytes: [u8; 512],
    length: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let taken = text.len().min(room.len());
        room[..taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.length += taken;
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut line = Line { bytes: [0; 512], length: 0 };
    let _ = match info.location() {
        Some(at) => write!(line, "{}:{}: {}", at.file(), at.line(), info.message()),
        None => write!(line, "{}", info.message()),
    };
    abort(&line.bytes[..line.length])
}
