//! Weighs a function's body operator by operator: what the function costs to compile.
//!
//! The compiler does not optimise, so its time is a price for each operator, and more only where branches meet and
//! at calls. Where branches meet, each local that was set on the way becomes a value of its own for each branch. At
//! a branch or a call, each value that is alive needs a register or a place on the stack. All of this is counted in
//! the pass that validates the body.
//!
//! The weight depends on the bytes alone, so it is the same on every machine. How its prices were measured is in
//! `docs/design/0003-compile-bounds.md`.

use icn_core::limits::weights as w;
use wasmparser::{BlockType, FuncType, Operator};

use super::operator_kind::{OperatorKind, operator_kind};
use super::pressure::Pressure;
use super::weight::Weight;

/// A block that is open.
#[derive(Debug, Clone, Copy)]
struct Frame {
    is_loop: bool,
    is_if: bool,
    /// Branches to it so far; for an `if` with an `else`, also the end of its first part.
    edges: u64,
    /// Values that a branch to it brings.
    arity: u64,
    /// How many locals were set inside it so far.
    set: u64,
}

/// Weighs one function after the other, and keeps what it allocated.
#[derive(Debug, Default)]
pub(crate) struct Scales {
    weight: Weight,
    frames: Vec<Frame>,
    /// For each open block, `words` words with a bit for each local that was set inside it.
    bits: Vec<u64>,
    words: usize,
    locals: u64,
    pressure: Pressure,
}

/// The types that the operators of a function name.
pub(crate) trait Types {
    /// The type of a function.
    fn function(&self, index: u32) -> Option<&FuncType>;
    /// A type by its index.
    fn at(&self, index: u32) -> Option<&FuncType>;
}

impl Scales {
    /// Begins a function with so many locals (parameters included) and results.
    pub(crate) fn begin(&mut self, locals: u32, results: usize) {
        self.pressure.begin(locals as usize);
        self.weight = Weight { operators: w::FUNCTION, ..Weight::default() };
        self.frames.clear();
        self.bits.clear();
        self.words = (locals as usize).div_ceil(64);
        self.locals = locals.into();
        self.weight.operators += self.locals * w::LOCAL;
        self.open(false, false, results as u64);
    }

    /// The weight so far, without the values alive.
    pub(crate) const fn weight(&self) -> Weight {
        self.weight
    }

    /// The weight of the whole function.
    pub(crate) fn whole(&self) -> Weight {
        Weight { alive: self.pressure.weight(), ..self.weight }
    }

    /// Takes an operator that was found valid. `height` is that of the operand stack after it.
    pub(crate) fn operator(&mut self, operator: &Operator<'_>, height: u32, types: &impl Types) {
        use Operator as O;
        self.weight.operators = self.weight.operators.saturating_add(class(operator));
        self.pressure.tick(height);
        match operator {
            O::Block { blockty } => self.open(false, false, results(*blockty, types) as u64),
            O::If { blockty } => self.open(false, true, results(*blockty, types) as u64),
            O::Loop { blockty } => self.open(true, false, params(*blockty, types) as u64),
            O::Else => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.is_if = false;
                    frame.edges += 1;
                }
            }
            O::End => self.close(height),
            O::Br { relative_depth } | O::BrIf { relative_depth } => self.branch(*relative_depth),
            O::Return => self.branch(u32::try_from(self.frames.len()).unwrap_or(u32::MAX).saturating_sub(1)),
            O::BrTable { targets } => {
                for target in targets.targets().flatten() {
                    self.weight.operators += w::TARGET;
                    self.branch(target);
                }
                self.branch(targets.default());
            }
            O::LocalGet { local_index } => self.pressure.read(*local_index),
            O::LocalSet { local_index } | O::LocalTee { local_index } => self.set(*local_index),
            O::Call { function_index } => self.call(types.function(*function_index), height),
            O::CallIndirect { type_index, .. } => self.call(types.at(*type_index), height),
            O::MemoryFill { .. } => self.fill(height),
            _ => {}
        }
    }

    fn open(&mut self, is_loop: bool, is_if: bool, arity: u64) {
        self.pressure.open(is_loop);
        self.frames.push(Frame { is_loop, is_if, edges: 0, arity, set: 0 });
        self.bits.resize(self.bits.len() + self.words, 0);
    }

    fn set(&mut self, local: u32) {
        self.pressure.set(local);
        let (word, bit) = (local as usize / 64, 1u64 << (local % 64));
        let at = self.bits.len().wrapping_sub(self.words).wrapping_add(word);
        if let (Some(frame), Some(bits)) = (self.frames.last_mut(), self.bits.get_mut(at))
            && *bits & bit == 0
        {
            *bits |= bit;
            frame.set += 1;
        }
    }

    fn branch(&mut self, depth: u32) {
        let at = self.frames.len().wrapping_sub(1).wrapping_sub(depth as usize);
        if let Some(frame) = self.frames.get_mut(at) {
            frame.edges += 1;
        }
    }

    /// Closes the innermost block: its branches meet here, or for a loop at its head.
    fn close(&mut self, height: u32) {
        let Some(frame) = self.frames.pop() else { return };
        self.pressure.close();
        // One way in is no branch: the last operator of a block, or the first of a loop. An `if` may be skipped
        // besides.
        let edges = frame.edges + 1 + u64::from(frame.is_if);
        // Where nothing meets, only the results are passed on. Otherwise the locals that were set differ from
        // branch to branch, and so does the fuel that was burned.
        let meets = edges > 1 || frame.is_loop;
        let differ = if meets { frame.set + frame.arity + 1 } else { frame.arity };
        let value = w::MEETING + differ.min(w::MEETING_CROWD_MAX);
        let each = value + edges * value / w::MEETING_DOUBLES_AT;
        self.weight.merges = self.weight.merges.saturating_add(edges * differ * each);
        if meets {
            self.weight.scope += (self.locals + u64::from(height)) * w::SCOPE;
        }
        let from = self.bits.len().saturating_sub(self.words);
        if let Some(outer) = self.frames.last_mut() {
            let mut set = 0;
            for at in from..self.bits.len() {
                let inner = self.bits[at];
                self.bits[at - self.words] |= inner;
                set += u64::from(self.bits[at - self.words].count_ones());
            }
            outer.set = set;
        }
        self.bits.truncate(from);
        assert_eq!(self.bits.len(), self.frames.len() * self.words, "a row of bits for each open block");
    }

    /// The two blocks with which a `memory.fill` is rewritten (`instrument/`): what meets at their ends.
    fn fill(&mut self, height: u32) {
        self.weight.merges = self.weight.merges.saturating_add(2 * 2 * w::MEETING);
        self.weight.scope += 2 * (self.locals + u64::from(height)) * w::SCOPE;
    }

    fn call(&mut self, found: Option<&FuncType>, height: u32) {
        let Some(found) = found else { return };
        let values = (found.params().len() + found.results().len()) as u64;
        self.weight.calls += values * w::ARGUMENT + (u64::from(height) + self.locals) * w::SCOPE_AT_A_CALL;
    }
}

fn results(block: BlockType, types: &impl Types) -> usize {
    match block {
        BlockType::Empty => 0,
        BlockType::Type(_) => 1,
        BlockType::FuncType(index) => types.at(index).map_or(0, |found| found.results().len()),
    }
}

fn params(block: BlockType, types: &impl Types) -> usize {
    match block {
        BlockType::FuncType(index) => types.at(index).map_or(0, |found| found.params().len()),
        BlockType::Empty | BlockType::Type(_) => 0,
    }
}

/// The weight of an operator by itself.
const fn class(operator: &Operator<'_>) -> u64 {
    use Operator as O;
    match operator {
        O::Nop => w::NOP,
        O::Block { .. } => w::BLOCK,
        O::Loop { .. } => w::LOOP,
        O::If { .. } | O::Else | O::BrIf { .. } | O::Br { .. } | O::BrTable { .. } | O::Return => w::BRANCH,
        O::Call { .. } => w::CALL,
        O::CallIndirect { .. } => w::CALL_INDIRECT,
        O::MemorySize { .. } | O::GlobalGet { .. } => w::LOOK,
        O::MemoryGrow { .. } => w::MEMORY_GROW,
        O::MemoryFill { .. } => w::MEMORY_FILL,
        O::MemoryCopy { .. } | O::MemoryInit { .. } | O::DataDrop { .. } => w::MEMORY_BULK,
        O::TableCopy { .. } => w::TABLE_COPY,
        O::TableInit { .. } | O::ElemDrop { .. } => w::TABLE_INIT,
        other => match operator_kind(other) {
            OperatorKind::Other => w::OPERATOR,
            OperatorKind::Plain => w::ARITHMETIC,
            OperatorKind::Slow => w::SLOW,
            OperatorKind::Memory(offset) if offset >= w::FAR_AT => w::MEMORY_ACCESS_FAR,
            OperatorKind::Memory(_) => w::MEMORY_ACCESS,
        },
    }
}
