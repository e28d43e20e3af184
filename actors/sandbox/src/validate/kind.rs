//! What operators do to values, as far as their prices tell them apart.

use wasmparser::Operator;

/// What an operator does to values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A function of integers that is cheap.
    Plain,
    /// Floats, divisions, conversions, and whatever has no kind of its own.
    Slow,
    /// A load or a store at such an offset.
    Memory(u64),
    /// Moves a value, or is no function of values at all.
    Other,
}

/// The kind of an operator.
pub(super) const fn kind(operator: &Operator<'_>) -> Kind {
    use Operator as O;
    match operator {
        O::I32Add | O::I64Add | O::I32Sub | O::I64Sub => Kind::Plain,
        O::I32Rotl | O::I32Rotr | O::I64Rotl | O::I64Rotr => Kind::Plain,
        O::I32Mul | O::I32And | O::I32Or | O::I32Xor | O::I32Shl | O::I32ShrS | O::I32ShrU => Kind::Plain,
        O::I64Mul | O::I64And | O::I64Or | O::I64Xor | O::I64Shl | O::I64ShrS | O::I64ShrU => Kind::Plain,
        O::I32Eqz | O::I32Eq | O::I32Ne | O::I32LtS | O::I32LtU | O::I32GtS => Kind::Plain,
        O::I32GtU | O::I32LeS | O::I32LeU | O::I32GeS | O::I32GeU => Kind::Plain,
        O::I64Eqz | O::I64Eq | O::I64Ne | O::I64LtS | O::I64LtU | O::I64GtS => Kind::Plain,
        O::I64GtU | O::I64LeS | O::I64LeU | O::I64GeS | O::I64GeU => Kind::Plain,
        O::I32Clz | O::I32Ctz | O::I64Clz | O::I64Ctz | O::I32WrapI64 | O::I64ExtendI32S => Kind::Plain,
        O::I64ExtendI32U | O::Select => Kind::Plain,
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
        | O::I64Store32 { memarg } => Kind::Memory(memarg.offset),
        O::I32Const { .. } | O::I64Const { .. } | O::F32Const { .. } | O::F64Const { .. } => Kind::Other,
        O::LocalGet { .. } | O::LocalSet { .. } | O::LocalTee { .. } => Kind::Other,
        O::GlobalGet { .. } | O::GlobalSet { .. } | O::Drop | O::MemorySize { .. } => Kind::Other,
        O::Block { .. } | O::End | O::Unreachable => Kind::Other,
        _ => Kind::Slow,
    }
}

/// Whether an operator writes to memory a value of its own type's size or less.
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
