//! The instructions that the rewriting adds to a function's body.
//!
//! Fuel is counted by the engine on what stands here, like on any other operators. A change of one instruction
//! changes what guests are charged, and needs another
//! [`INSTRUMENTATION_VERSION`](super::version::INSTRUMENTATION_VERSION).

use wasm_encoder::{BlockType, Function, Instruction as I, MemArg};

/// A page has 2 to the power of this in bytes. All pages that a guest may have are far fewer than 2^32 bytes.
const PAGE_BITS: i32 = 16;

/// Takes a counted frame from the global that says what is left; stops the guest where the global falls below zero.
pub(super) fn take_frame(function: &mut Function, stack: u32, bytes: i32) {
    for instruction in [
        I::GlobalGet(stack),
        I::I32Const(bytes),
        I::I32Sub,
        I::GlobalSet(stack),
        I::GlobalGet(stack),
        I::I32Const(0),
        I::I32LtS,
        I::If(BlockType::Empty),
        I::Unreachable,
        I::End,
    ] {
        function.instruction(&instruction);
    }
}

/// Gives a counted frame back.
pub(super) fn give_frame_back(function: &mut Function, stack: u32, bytes: i32) {
    for instruction in [I::GlobalGet(stack), I::I32Const(bytes), I::I32Add, I::GlobalSet(stack)] {
        function.instruction(&instruction);
    }
}

/// Fills memory; where the length is zero, only checks that the place is inside the memory. `length` is the local
/// that keeps the length, `fill_type` the type `(i32 i32) -> ()`.
pub(super) fn fill(function: &mut Function, memory: u32, length: u32, fill_type: u32) {
    // It traps as a fill outside of the memory does.
    let byte = MemArg { offset: 0, align: 0, memory_index: memory };
    for instruction in [
        I::LocalTee(length),
        I::I32Eqz,
        I::If(BlockType::FunctionType(fill_type)),
        I::Drop,
        I::MemorySize(memory),
        I::I32Const(PAGE_BITS),
        I::I32Shl,
        I::I32GtU,
        I::If(BlockType::Empty),
        I::I32Const(-1),
        I::I32Load8U(byte),
        I::Drop,
        I::End,
        I::Else,
        I::LocalGet(length),
        I::MemoryFill(memory),
        I::End,
    ] {
        function.instruction(&instruction);
    }
}

/// Calls one of the profiler's imports with the function's index.
pub(super) fn tell(function: &mut Function, index: u32, import: u32) {
    // An index is below the bound on a module's functions.
    function.instruction(&I::I32Const(i32::try_from(index).unwrap_or(i32::MAX)));
    function.instruction(&I::Call(import));
}
