//! The counted frame of a function: an upper bound, in bytes, of what any compiler keeps for it on the stack.
//!
//! It is derived from the function's types and operators alone, so the same call depth ends every run: with any
//! optimisation, on any machine.

use icn_core::limits;
use wasmparser::{FuncType, FunctionBody, Operator};

use super::outline::{Outline, count};
use crate::validate::is_store;

/// The counted frame of a function.
pub(super) struct Frame {
    /// The bound, in bytes.
    pub(super) bytes: i32,
    /// Whether the function calls another, which then runs above it on the stack.
    calls: bool,
    /// The index of the local that is added to a function that fills memory: it keeps the length.
    pub(super) length: Option<u32>,
}

impl Frame {
    /// The frame of a function. It bounds the native frame: no compiler keeps more than every value that the
    /// function defines, and no value takes more than sixteen bytes. Return addresses, saved registers and the
    /// engine's own values are in the base; the arguments and results on the stack are those of the widest call.
    pub(super) fn of(
        outline: &Outline,
        signature: &FuncType,
        body: &FunctionBody<'_>,
    ) -> wasmparser::Result<Self> {
        let mut locals = count(signature.params().len());
        for group in body.get_locals_reader()? {
            locals = locals.saturating_add(group?.0);
        }
        let mut values = u64::from(locals) + signature.results().len() as u64;
        let (mut calls, mut fills, mut widest) = (false, false, 0u64);
        for operator in body.get_operators_reader()? {
            let callee = match operator? {
                Operator::Call { function_index } => outline.signature(function_index as usize),
                Operator::CallIndirect { type_index, .. } => outline.types.get(type_index as usize),
                operator => {
                    values += u64::from(defines_value(&operator));
                    fills |= matches!(operator, Operator::MemoryFill { .. });
                    continue;
                }
            };
            calls = true;
            let (params, results) =
                callee.map_or((0, 0), |found| (found.params().len() as u64, found.results().len() as u64));
            values += results;
            widest = widest.max(params + results);
        }
        // The local for the length of a fill comes after the others.
        let length = fills.then_some(locals);
        values += u64::from(fills);
        let bytes = limits::STACK_FRAME_BYTES_MIN + limits::STACK_VALUE_BYTES * values + 8 * widest;
        Ok(Self { bytes: i32::try_from(bytes).unwrap_or(i32::MAX), calls, length })
    }

    /// Whether the frame is counted. A small function that calls nothing is the last on the stack: the slack covers
    /// it.
    pub(super) fn is_counted(&self) -> bool {
        self.calls || i64::from(self.bytes) > limits::STACK_LEAF_BYTES_MAX
    }
}

/// Whether an operator makes a value that a compiler may have to keep. An operator that only moves a value makes
/// none.
const fn defines_value(operator: &Operator<'_>) -> bool {
    use Operator as O;
    !matches!(
        operator,
        O::LocalGet { .. }
            | O::LocalSet { .. }
            | O::LocalTee { .. }
            | O::GlobalSet { .. }
            | O::Drop
            | O::Nop
            | O::Unreachable
            | O::Return
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Else
            | O::End
    ) && !is_store(operator)
}
