//! The allocator: it hands out memory from the heap's start upwards, and never takes any back.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;

const PAGE_BYTES: usize = 64 * 1024;

unsafe extern "C" {
    /// The end of the linker's data. The address of this symbol is the value.
    static __heap_base: u8;
}

/// Hands out memory from the heap's start upwards and takes none back, because an instance lives for one call.
///
/// New wasm memory is zero, so memory that was never handed out is zero already.
struct Bump {
    /// Address of the first byte that was not handed out; zero before the first use.
    next: Cell<usize>,
}

// SAFETY: a guest has one thread, because the ABI has no shared memories.
unsafe impl Sync for Bump {}

#[global_allocator]
static HEAP: Bump = Bump { next: Cell::new(0) };

impl Bump {
    /// Moves the end of the used memory to `end`, and grows the memory when it must. `false` if it cannot grow.
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

// SAFETY: every block lies between `__heap_base` and the memory's end, is aligned, and is handed out only once:
// `next` only grows, and is always past the last block.
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
        // SAFETY: the caller promises the same as for `alloc`; memory that was never handed out is zero.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = ptr.expose_provenance();
        if size <= layout.size() {
            return ptr;
        }
        // The last block grows in place, so a vector that is being filled is not copied.
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
