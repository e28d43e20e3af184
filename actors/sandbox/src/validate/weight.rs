//! What a function costs to compile, told from its bytes before anything is compiled.
//!
//! The compiler does not optimise, so its time is a price for each operator, and more than that only where branches
//! meet: each local that was set on the way becomes a value of its own for each branch; and whatever is alive at a
//! branch or a call has to be placed in a register or on the stack there. The weight counts these things in the
//! same pass that validates the body. It depends on the bytes alone, so it is the same on every machine. How its
//! prices were measured is in `docs/design/0003-compile-bounds.md`.

use super::kind::{Kind, kind};
use super::pressure::Pressure;
use icn_core::limits::weights as w;
use wasmparser::{BlockType, FuncType, Operator};

/// What a weight is made of; the parts add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    /// Operators, each by its class.
    pub operators: u64,
    /// Where branches meet: for each branch, the values that differ by where it comes from, which are the
    /// locals set inside the block or loop that it goes to, and the results that it brings.
    pub merges: u64,
    /// What is in scope (locals, and values on the operand stack) at each place where branches meet.
    pub scope: u64,
    /// Parameters and results of calls, and the values on the stack that wait for them.
    pub calls: u64,
    /// Values alive that have no register, at each operator; known when the function ends.
    pub alive: u64,
}

impl Weight {
    /// All of it.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let rest = self.scope.saturating_add(self.calls).saturating_add(self.alive);
        self.operators.saturating_add(self.merges).saturating_add(rest)
    }

    /// The largest part, and what an author can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        let most = self.operators.max(self.merges).max(self.scope).max(self.calls).max(self.alive);
        if most == self.merges {
            "set fewer locals inside blocks that many branches leave, or split the function there"
        } else if most == self.scope {
            "use fewer locals, or move a part that branches much into a function of its own"
        } else if most == self.calls {
            "pass fewer parameters, keep fewer values on the stack across calls, or split the function"
        } else if most == self.alive {
            "keep fewer values in locals and on the stack from where they are made to where they are used, or split \
             the function where few are alive"
        } else {
            "split the function"
        }
    }
}

impl std::fmt::Display for Weight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} (operators {}, branches that meet {}, values in scope there {}, calls {}, values alive {})",
            self.total(),
            self.operators,
            self.merges,
            self.scope,
            self.calls,
            self.alive
        )
    }
}

/// A block that is open.
#[derive(Debug, Clone, Copy)]
struct Frame {
    is_loop: bool,
    is_if: bool,
    /// Branches to it so far; for a block also the way in which it ends.
    edges: u64,
    /// Values that a branch to it brings.
    arity: u64,
    /// Locals set inside it so far.
    set: u64,
}

/// Weighs one function after the other; keeps what it allocated.
#[derive(Debug, Default)]
pub(crate) struct Scales {
    weight: Weight,
    frames: Vec<Frame>,
    /// For each open block the locals set inside it, a bit each, `words` words a block.
    bits: Vec<u64>,
    words: usize,
    locals: u64,
    pressure: Pressure,
}

/// The types that a function's operators name.
pub(crate) trait Types {
    /// The type of a function.
    fn function(&self, index: u32) -> Option<&FuncType>;
    /// A type by its index.
    fn at(&self, index: u32) -> Option<&FuncType>;
}

impl Scales {
    /// Begins a function with so many locals, its parameters among them, and results.
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

    /// What the function weighs so far, but for the values alive.
    pub(crate) const fn weight(&self) -> Weight {
        self.weight
    }

    /// What the whole function weighs.
    pub(crate) fn whole(&self) -> Weight {
        Weight { alive: self.pressure.weight(), ..self.weight }
    }

    /// Takes one operator that was found valid; `height` is that of the operand stack after it.
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
        // The way in that is no branch: a block's last operator, a loop's first, an `if` that is not taken.
        let edges = frame.edges + 1 + u64::from(frame.is_if);
        // Where nothing meets, only the results are passed on. Otherwise the locals set since differ by where
        // a branch comes from, and so does the fuel that was burned.
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
    }

    /// What meets at the ends of the two blocks that a `memory.fill` is rewritten with.
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

/// What an operator weighs by itself.
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
        other => match kind(other) {
            Kind::Other => w::OPERATOR,
            Kind::Plain => w::ARITHMETIC,
            Kind::Slow => w::SLOW,
            Kind::Memory(offset) if offset >= w::FAR_AT => w::MEMORY_ACCESS_FAR,
            Kind::Memory(_) => w::MEMORY_ACCESS,
        },
    }
}
