//! Which values are sums of sums: the optimiser tries again and again to fold a constant into a row of additions
//! of constants, and each addition in such a row costs what thirty others do.
//!
//! For each value on the operand stack and in each local this keeps how many additions of a constant it went
//! through since it came from where the optimiser does not look: a parameter, memory, a global, a call.

use wasmparser::Operator;

/// A constant.
const CONSTANT: u8 = u8::MAX;
/// Longer rows are not told apart.
const LENGTH_MAX: u8 = CONSTANT - 1;

/// What an operator does to values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Adds or subtracts integers.
    Sum,
    /// Any other function of integers that is cheap.
    Plain,
    /// Rotates an integer.
    Rotation,
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
        O::I32Add | O::I64Add | O::I32Sub | O::I64Sub => Kind::Sum,
        O::I32Rotl | O::I32Rotr | O::I64Rotl | O::I64Rotr => Kind::Rotation,
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

/// Rows of additions, for the values of one function.
#[derive(Debug, Default)]
pub(super) struct Chains {
    stack: Vec<u8>,
    locals: Vec<u8>,
}

impl Chains {
    /// Begins a function: parameters come from elsewhere, other locals are the constant 0.
    pub(super) fn begin(&mut self, params: usize, locals: usize) {
        self.stack.clear();
        self.locals.clear();
        self.locals.resize(params, 0);
        self.locals.resize(locals, CONSTANT);
    }

    /// Takes an operator after which the stack has this height, `fresh` of its values new, from where the optimiser
    /// does not look; how long the row of additions is that it adds a constant to.
    pub(super) fn operator(&mut self, operator: &Operator<'_>, height: usize, fresh: usize) -> u8 {
        use Operator as O;
        let mut row = 0;
        match operator {
            O::I32Const { .. } | O::I64Const { .. } | O::F32Const { .. } | O::F64Const { .. } => {
                self.stack.push(CONSTANT);
            }
            O::LocalGet { local_index } => {
                self.stack.push(self.locals.get(*local_index as usize).copied().unwrap_or(0));
            }
            O::LocalSet { local_index } => {
                let value = self.stack.pop().unwrap_or(0);
                self.set(*local_index, value);
            }
            O::LocalTee { local_index } => self.set(*local_index, self.stack.last().copied().unwrap_or(0)),
            O::Select => {
                self.stack.pop();
                self.pair(false);
            }
            other => match kind(other) {
                Kind::Sum => row = self.pair(true),
                // Of two values one: by the height; of one value one: it keeps its row.
                Kind::Plain | Kind::Rotation | Kind::Slow if height + 1 == self.stack.len() => {
                    row = self.pair(false);
                }
                _ => {}
            },
        }
        self.stack.resize(height, 0);
        let from = height.saturating_sub(fresh);
        self.stack[from..].fill(0);
        row
    }

    /// Where nothing can be reached nothing is computed.
    pub(super) fn unreachable(&mut self, height: usize) {
        self.stack.resize(height, 0);
    }

    fn set(&mut self, local: u32, value: u8) {
        if let Some(slot) = self.locals.get_mut(local as usize) {
            *slot = value;
        }
    }

    /// Makes one value of two; the row that a sum with a constant goes on.
    fn pair(&mut self, sum: bool) -> u8 {
        let (b, a) = (self.stack.pop().unwrap_or(0), self.stack.pop().unwrap_or(0));
        let (result, row) = match (a, b) {
            (CONSTANT, CONSTANT) => (CONSTANT, LENGTH_MAX),
            (CONSTANT, x) | (x, CONSTANT) if sum => (x.saturating_add(1).min(LENGTH_MAX), x),
            (CONSTANT, x) | (x, CONSTANT) => (x, 0),
            (a, b) => (a.max(b), 0),
        };
        self.stack.push(result);
        row
    }
}
