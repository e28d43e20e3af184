//! How much of a function's pure work the compiler does more than once.
//!
//! Its optimiser keeps no place for a pure value: it computes the value where it is used, unless code that always
//! ran before has computed it. So a value that is made once and used in each of many blocks, none of which comes
//! before the others, is computed in each, and with it all that it is made of. A row of values, each made of the
//! last and each used in a block of its own, is computed as often as the square of its length.
//!
//! This follows the optimiser through a function. Each pure value is a node that knows what it is made of; each use by
//! something that is not pure computes the nodes that it needs, and marks the one that it uses; where branches meet, the marks end that were set on
//! only some of the ways there. A node that is computed again is work done again. A value that differs by where a
//! branch came from is none of these nodes, unless all branches bring the same one: then it is that one still.

use icn_core::limits::weights as w;
use wasmparser::Operator;

use super::chains::{self, Kind};

/// A value that is no pure work, or that costs nothing to have: a parameter, a constant, what was loaded or called for,
/// what differs by where a branch came from.
const ROOT: u32 = 0;
/// No entry of `saved`.
const NONE: u32 = u32::MAX;

/// A pure value.
#[derive(Debug, Clone, Copy)]
struct Node {
    made_of: [u32; 3],
    price: u32,
    /// So many pure values, each made of the one before, end in it.
    depth: u32,
    /// It is computed on every way to here.
    marked: bool,
    /// It is computed somewhere.
    seen: bool,
}

/// What a local was when it was first set inside a block.
#[derive(Debug, Clone, Copy)]
struct Saved {
    local: u32,
    was: u32,
    /// The entry before this one of the same local.
    prev: u32,
    at: u32,
}

/// The counter of fuel, which the compiler keeps as a value like any other: what each straight piece of code burns is
/// added to it as a constant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Fuel {
    /// Told apart by when it was computed.
    since: u32,
    /// So many additions of a constant in a row made it.
    row: u8,
}

/// A block that is open.
#[derive(Debug)]
struct Frame {
    is_loop: bool,
    /// An `if` whose `else` did not come yet.
    is_if: bool,
    /// Control comes to its beginning.
    entered: bool,
    began: u32,
    /// When the first branch left for its end: marks from before hold there too.
    first_edge: Option<u32>,
    last_edge: Option<u32>,
    /// Values that a branch to it brings.
    arity: usize,
    /// Where its part of `saved` begins.
    saved: usize,
    /// An `if`'s parameters.
    given: Vec<u32>,
    /// Locals set inside for which all branches so far brought this one node.
    agreed: Vec<(u32, u32)>,
    /// The same for what the branches bring along.
    brought: Vec<u32>,
    /// What the counter was at the beginning.
    fuel_began: Fuel,
    /// What it is on all ways so far, if it is the same on all.
    fuel: Option<Fuel>,
}

/// What opens a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opens {
    Block,
    If,
    Loop,
}

/// Follows one function after the other; keeps what it allocated.
#[derive(Debug, Default)]
pub(super) struct Again {
    weight: u64,
    nodes: Vec<Node>,
    stack: Vec<u32>,
    locals: Vec<u32>,
    /// The newest entry of `saved` of each local.
    newest: Vec<u32>,
    saved: Vec<Saved>,
    marks: Vec<(u32, u32)>,
    frames: Vec<Frame>,
    to_mark: Vec<u32>,
    fuel: Fuel,
    /// Control comes here.
    live: bool,
    /// Operators so far.
    clock: u32,
}

impl Again {
    /// Begins a function with so many locals (the parameters among them) and results.
    pub(super) fn begin(&mut self, locals: usize, results: usize) {
        self.weight = 0;
        self.nodes.clear();
        self.nodes.push(Node { made_of: [ROOT; 3], price: 0, depth: 0, marked: true, seen: true });
        self.stack.clear();
        self.locals.clear();
        self.locals.resize(locals, ROOT);
        self.newest.clear();
        self.newest.resize(locals, NONE);
        self.saved.clear();
        self.marks.clear();
        self.frames.clear();
        self.fuel = Fuel::default();
        self.live = true;
        self.clock = 0;
        self.open(Opens::Block, 0, results);
    }

    /// What the work that is done again weighs so far.
    pub(super) const fn weight(&self) -> u64 {
        self.weight
    }

    /// Whether control can come to the next operator.
    pub(super) const fn live(&self) -> bool {
        self.live
    }

    /// Begins an operator: the marks and edges that follow are its own.
    pub(super) const fn tick(&mut self) {
        self.clock = self.clock.saturating_add(1);
    }

    /// Adds what was burned to the counter of fuel; how long the row of additions of a constant is that this goes on.
    pub(super) const fn burn(&mut self) -> u8 {
        let row = self.fuel.row;
        self.fuel = Fuel { since: self.clock, row: row.saturating_add(1) };
        row
    }

    /// The counter of fuel was written or read by something else.
    pub(super) const fn reload(&mut self) {
        self.fuel = Fuel { since: self.clock, row: 0 };
    }

    /// Opens a block with so many parameters, which are on the stack, to which a branch brings so many values.
    pub(super) fn open(&mut self, opens: Opens, params: usize, arity: usize) {
        let is_if = opens == Opens::If;
        if is_if && self.live {
            self.take_uses(1);
        }
        let given = if is_if { self.top(params).to_vec() } else { Vec::new() };
        self.frames.push(Frame {
            is_loop: opens == Opens::Loop,
            is_if,
            entered: self.live,
            began: self.clock,
            first_edge: is_if.then_some(self.clock),
            last_edge: None,
            arity,
            saved: self.saved.len(),
            given,
            agreed: Vec::new(),
            brought: Vec::new(),
            fuel_began: self.fuel,
            fuel: None,
        });
    }

    /// The second arm of an `if`; the stack has this height at its beginning.
    pub(super) fn turn(&mut self, height: usize) {
        self.branch(0);
        self.restore();
        let Some(frame) = self.frames.last_mut() else { return };
        frame.is_if = false;
        self.live = frame.entered;
        self.fuel = frame.fuel_began;
        self.stack.resize(height.saturating_sub(frame.given.len()), ROOT);
        self.stack.append(&mut frame.given);
        let began = frame.began;
        self.unmark(began);
    }

    /// The end of the innermost block; the stack has this height after it.
    pub(super) fn close(&mut self, height: usize) {
        let Some(frame) = self.frames.last() else { return };
        if self.frames.len() == 1 {
            self.branch(0);
            self.frames.clear();
            return;
        }
        let fuel_began = frame.fuel_began;
        let skips = frame.is_if && frame.entered;
        let meets = !frame.is_loop && (skips || frame.last_edge.is_some());
        if meets {
            self.branch(0);
        }
        if skips {
            // The way on which the condition was not met.
            self.restore();
            let given =
                self.frames.last_mut().map(|frame| std::mem::take(&mut frame.given)).unwrap_or_default();
            self.stack.resize(height.saturating_sub(given.len()), ROOT);
            self.stack.extend(given);
            self.live = true;
            self.fuel = fuel_began;
            self.branch(0);
        }
        let Some(frame) = self.frames.pop() else { return };
        if meets {
            self.meet(&frame);
            self.stack.resize(height.saturating_sub(frame.brought.len()), ROOT);
            self.stack.extend(frame.brought);
            self.live = true;
            self.fuel = frame.fuel.unwrap_or(Fuel { since: self.clock, row: 0 });
        }
        self.stack.resize(height, ROOT);
    }

    /// A branch to the block at this depth. What it brings is computed before it, as far as somebody reads it where it
    /// goes to and other branches bring something else: that may turn out so or not, so it counts as work, and later
    /// uses do not rely on it.
    pub(super) fn branch(&mut self, depth: usize) {
        let Some(at) = self.frames.len().checked_sub(depth + 1).filter(|_| self.live) else { return };
        let arity = self.frames[at].arity;
        let before = self.marks.len();
        for place in self.stack.len().saturating_sub(arity)..self.stack.len() {
            self.mark(self.stack[place]);
        }
        // A function's end has no use for its locals.
        if at == 0 {
            return;
        }
        let Frame { is_loop, saved, last_edge, .. } = self.frames[at];
        let mut agreed = std::mem::take(&mut self.frames[at].agreed);
        if last_edge.is_some() {
            agreed.retain(|(local, node)| self.locals[*local as usize] == *node);
        }
        for place in saved..self.saved.len() {
            let Saved { local, was, prev, at: since } = self.saved[place];
            // Where branches meet this weighs more, but only there: what is looked at before has to be bounded too.
            self.weight += w::AGAIN_LOOKED_AT;
            if prev != NONE && prev as usize >= saved {
                continue;
            }
            let now = self.locals[local as usize];
            self.mark(now);
            // A local that was not set before an earlier branch left had there what it was at the beginning.
            let same = last_edge.is_none_or(|last| since > last && now == was);
            if same && now != ROOT && !is_loop {
                agreed.push((local, now));
            }
        }
        let top = self.stack.len().saturating_sub(arity);
        let frame = &mut self.frames[at];
        frame.agreed = agreed;
        if last_edge.is_none() {
            frame.brought = self.stack[top..].to_vec();
            frame.fuel = Some(self.fuel);
        }
        frame.fuel = frame.fuel.filter(|fuel| *fuel == self.fuel);
        for (all, this) in frame.brought.iter_mut().zip(&self.stack[top..]) {
            if all != this {
                *all = ROOT;
            }
        }
        frame.first_edge.get_or_insert(self.clock);
        frame.last_edge = Some(self.clock);
        self.unmark_to(before);
    }

    /// Control does not come to what follows.
    pub(super) const fn ends(&mut self) {
        self.live = false;
    }

    /// Takes any other operator, to which control comes, after which the stack has this height, `fresh` of its values
    /// new, from where the optimiser does not look. How many pure values, each made of the one before, end in what it makes.
    pub(super) fn operator(&mut self, operator: &Operator<'_>, height: usize, fresh: usize) -> u32 {
        use Operator as O;
        let mut depth = 0;
        match operator {
            O::I32Const { .. } | O::I64Const { .. } | O::F32Const { .. } | O::F64Const { .. } => {}
            O::LocalGet { local_index } => {
                self.stack.push(self.locals.get(*local_index as usize).copied().unwrap_or(ROOT));
            }
            O::LocalSet { local_index } => {
                let value = self.stack.pop().unwrap_or(ROOT);
                self.set(*local_index, value);
            }
            O::LocalTee { local_index } => self.set(*local_index, self.stack.last().copied().unwrap_or(ROOT)),
            O::Drop | O::Nop => {}
            other => match price(other) {
                Some(price) => depth = self.make((self.stack.len() + 1).saturating_sub(height), price),
                None => {
                    let results = fresh + usize::from(can_trap(other));
                    self.take_uses((self.stack.len() + results).saturating_sub(height));
                }
            },
        }
        self.stack.resize(height, ROOT);
        depth
    }

    fn top(&self, count: usize) -> &[u32] {
        &self.stack[self.stack.len().saturating_sub(count)..]
    }

    /// Takes values off the stack that something uses which is not pure.
    pub(super) fn take_uses(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(value) = self.stack.pop() {
                self.mark(value);
            }
        }
    }

    /// Makes a value of so many; its depth.
    fn make(&mut self, of: usize, price: u32) -> u32 {
        let mut made_of = [ROOT; 3];
        for slot in made_of.iter_mut().take(of) {
            *slot = self.stack.pop().unwrap_or(ROOT);
        }
        let id = u32::try_from(self.nodes.len()).unwrap_or(ROOT);
        let deepest =
            made_of.iter().filter_map(|of| self.nodes.get(*of as usize)).map(|node| node.depth).max();
        let depth = deepest.unwrap_or(0).saturating_add(1);
        self.nodes.push(Node { made_of, price, depth, marked: false, seen: false });
        self.stack.push(id);
        depth
    }

    fn set(&mut self, local: u32, value: u32) {
        let from = self.frames.last().map_or(0, |frame| frame.saved);
        let at = local as usize;
        let (Some(now), Some(newest)) = (self.locals.get_mut(at), self.newest.get_mut(at)) else { return };
        if *newest == NONE || (*newest as usize) < from {
            let entry = Saved { local, was: *now, prev: *newest, at: self.clock };
            *newest = u32::try_from(self.saved.len()).unwrap_or(NONE);
            self.saved.push(entry);
        }
        *now = value;
    }

    /// Computes a value here, unless it is computed on every way to here. Later code may rely on the value alone: what it
    /// is made of the optimiser may have found not to be needed, as in `x ^ x`.
    fn mark(&mut self, value: u32) {
        let before = self.marks.len();
        if self.nodes.get(value as usize).is_none_or(|node| node.marked) {
            return;
        }
        self.to_mark.push(value);
        while let Some(id) = self.to_mark.pop() {
            let Some(node) = self.nodes.get_mut(id as usize).filter(|node| !node.marked) else { continue };
            node.marked = true;
            if node.seen {
                self.weight += u64::from(node.price);
            }
            node.seen = true;
            self.marks.push((id, self.clock));
            self.to_mark.extend(node.made_of.iter().filter(|of| **of != ROOT));
        }
        self.unmark_to(before);
        if let Some(node) = self.nodes.get_mut(value as usize) {
            node.marked = true;
            self.marks.push((value, self.clock));
        }
    }

    /// Computes three values in each arm of the `if` that a `memory.fill` is rewritten with, where no later code can rely on
    /// them, and where two ways meet that burned differently.
    pub(super) fn fill(&mut self, height: usize) {
        let before = self.marks.len();
        for _arm in 0..2 {
            for place in height..self.stack.len() {
                self.mark(self.stack[place]);
            }
            self.unmark_to(before);
        }
        self.stack.truncate(height);
        self.reload();
    }

    /// Forgets what was computed after this time.
    fn unmark(&mut self, after: u32) {
        let kept = self.marks.partition_point(|(_, at)| *at <= after);
        self.unmark_to(kept);
    }

    /// Forgets all but so many of what was computed.
    fn unmark_to(&mut self, kept: usize) {
        for (id, _) in self.marks.drain(kept..) {
            self.nodes[id as usize].marked = false;
        }
    }

    /// Sets the innermost block's locals back to what they were at its beginning.
    fn restore(&mut self) {
        let from = self.frames.last().map_or(0, |frame| frame.saved);
        for entry in self.saved[from..].iter().filter(|entry| is_first(entry, from)) {
            self.locals[entry.local as usize] = entry.was;
        }
    }

    /// Branches meet at the end of a block that was closed: what was set inside differs from now on, but for what
    /// they agree on. What it saved is the outer block's now.
    fn meet(&mut self, frame: &Frame) {
        let outer = self.frames.last().map_or(0, |frame| frame.saved);
        let mut kept = frame.saved;
        for place in frame.saved..self.saved.len() {
            let entry = self.saved[place];
            if !is_first(&entry, frame.saved) {
                continue;
            }
            let local = entry.local as usize;
            self.locals[local] = ROOT;
            if is_first(&entry, outer) {
                self.newest[local] = u32::try_from(kept).unwrap_or(NONE);
                self.saved[kept] = entry;
                kept += 1;
            } else {
                self.newest[local] = entry.prev;
            }
        }
        self.saved.truncate(kept);
        for (local, node) in &frame.agreed {
            self.locals[*local as usize] = *node;
        }
        if let Some(edge) = frame.first_edge {
            self.unmark(edge);
        }
    }
}

/// Whether an entry is the first of its local from this place on.
const fn is_first(entry: &Saved, from: usize) -> bool {
    entry.prev == NONE || (entry.prev as usize) < from
}

/// Functions of values that can trap: they are computed where they stand.
const fn can_trap(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::I32DivS
            | O::I32DivU
            | O::I32RemS
            | O::I32RemU
            | O::I64DivS
            | O::I64DivU
            | O::I64RemS
            | O::I64RemU
            | O::I32TruncF32S
            | O::I32TruncF32U
            | O::I32TruncF64S
            | O::I32TruncF64U
            | O::I64TruncF32S
            | O::I64TruncF32U
            | O::I64TruncF64S
            | O::I64TruncF64U
    )
}

/// What it weighs to compute this operator's value once more; none when it is not pure.
const fn price(operator: &Operator<'_>) -> Option<u32> {
    use Operator as O;
    match operator {
        O::Call { .. } | O::CallIndirect { .. } | O::MemoryGrow { .. } => None,
        O::MemoryFill { .. } | O::MemoryCopy { .. } | O::MemoryInit { .. } | O::DataDrop { .. } => None,
        O::TableCopy { .. } | O::TableInit { .. } | O::ElemDrop { .. } => None,
        other if can_trap(other) => None,
        other => match chains::kind(other) {
            Kind::Plain | Kind::Sum | Kind::Rotation => Some(w::AGAIN),
            Kind::Slow => Some(w::AGAIN_SLOW),
            Kind::Memory(_) | Kind::Other => None,
        },
    }
}
