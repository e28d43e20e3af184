//! Kinds of operators, as far as compiling them costs different amounts of work.
//!
//! An operator that is not named here is slow: a new one is never too cheap.

use wasmparser::Operator;

/// The kind of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OperatorKind {
    /// Cheap arithmetic of integers.
    Plain,
    /// Floats, divisions, conversions, and every operator that has no kind of its own.
    Slow,
    /// A load or a store with this offset.
    Memory(u64),
    /// Moves a value, or computes nothing.
    Other,
}

/// Which kind an operator is of.
pub(super) const fn operator_kind(operator: &Operator<'_>) -> OperatorKind {
    use Operator as O;
    use OperatorKind as K;
    match operator {
        O::I32Add | O::I64Add | O::I32Sub | O::I64Sub => K::Plain,
        O::I32Rotl | O::I32Rotr | O::I64Rotl | O::I64Rotr => K::Plain,
        O::I32Mul | O::I32And | O::I32Or | O::I32Xor | O::I32Shl | O::I32ShrS | O::I32ShrU => K::Plain,
        O::I64Mul | O::I64And | O::I64Or | O::I64Xor | O::I64Shl | O::I64ShrS | O::I64ShrU => K::Plain,
        O::I32Eqz | O::I32Eq | O::I32Ne | O::I32LtS | O::I32LtU | O::I32GtS => K::Plain,
        O::I32GtU | O::I32LeS | O::I32LeU | O::I32GeS | O::I32GeU => K::Plain,
        O::I64Eqz | O::I64Eq | O::I64Ne | O::I64LtS | O::I64LtU | O::I64GtS => K::Plain,
        O::I64GtU | O::I64LeS | O::I64LeU | O::I64GeS | O::I64GeU => K::Plain,
        O::I32Clz | O::I32Ctz | O::I64Clz | O::I64Ctz | O::I32WrapI64 | O::I64ExtendI32S => K::Plain,
        O::I64ExtendI32U | O::Select => K::Plain,
        O::I32Load { memarg }
        | O::I64Load { memarg }
        | O::F32Load { memarg }
        | O::F64Load { memarg }
        | O::I32Load8S { memarg }
        | O::I32Load8U { memarg }
        | O::I32Load16S { memarg }
        | O::I32Load16U { memarg }
        | O::I64Load8S { memarg }
        | O::I64Load8U { memarg }
        | O::I64Load16S { memarg }
        | O::I64Load16U { memarg }
        | O::I64Load32S { memarg }
        | O::I64Load32U { memarg }
        | O::I32Store { memarg }
        | O::I64Store { memarg }
        | O::F32Store { memarg }
        | O::F64Store { memarg }
        | O::I32Store8 { memarg }
        | O::I32Store16 { memarg }
        | O::I64Store8 { memarg }
        | O::I64Store16 { memarg }
        | O::I64Store32 { memarg } => K::Memory(memarg.offset),
        O::I32Const { .. } | O::I64Const { .. } | O::F32Const { .. } | O::F64Const { .. } => K::Other,
        O::LocalGet { .. } | O::LocalSet { .. } | O::LocalTee { .. } => K::Other,
        O::GlobalGet { .. } | O::GlobalSet { .. } | O::Drop | O::MemorySize { .. } => K::Other,
        O::Block { .. } | O::End | O::Unreachable => K::Other,
        _ => K::Slow,
    }
}

/// Whether an operator writes a value to memory.
pub(crate) const fn is_store(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::I32Store { .. }
            | O::I64Store { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
            | O::I32Store8 { .. }
            | O::I32Store16 { .. }
            | O::I64Store8 { .. }
            | O::I64Store16 { .. }
            | O::I64Store32 { .. }
    )
}
