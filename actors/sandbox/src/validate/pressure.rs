//! How many values of a function are alive at once, at each of its operators.
//!
//! Values that find no register are moved to the stack and back. The compiler's register allocator looks for a
//! place at every operator that touches one of them. That part of its work grows with the product of a function's
//! length and its width, and no other part does. So each operator weighs more for each value alive at it that has
//! no register.
//!
//! A value on the operand stack is alive until it is taken. A local is alive from the operator that touched it to
//! the operator that reads it next; a local that is touched inside a loop is alive up to the loop's end. That a
//! local is read is known only when it is. So the number of live locals is kept as differences, which are summed at
//! the function's end.

use icn_core::limits::weights as w;

/// Counts the values alive in one function.
#[derive(Debug, Default)]
pub(super) struct Pressure {
    /// For each operator so far, the height of the operand stack after it.
    heights: Vec<u32>,
    /// For each operator, by how many the number of live locals changes at it.
    differences: Vec<i32>,
    /// For each local, the index of the operator that touched it last.
    touched: Vec<usize>,
    /// For each open block, the index of the operator with which it began, if it is a loop.
    loops: Vec<Option<usize>>,
}

impl Pressure {
    /// Begins a function with so many locals, its parameters among them.
    pub(super) fn begin(&mut self, locals: usize) {
        self.heights.clear();
        self.differences.clear();
        self.touched.clear();
        self.touched.resize(locals, 0);
        self.loops.clear();
        self.tick(0);
    }

    /// Takes an operator. `height` is that of the operand stack after it.
    pub(super) fn tick(&mut self, height: u32) {
        self.heights.push(height);
        self.differences.push(0);
    }

    fn now(&self) -> usize {
        self.heights.len().saturating_sub(1)
    }

    /// The operator reads a local, so the local was alive since it was touched.
    pub(super) fn read(&mut self, local: u32) {
        let now = self.now();
        let Some(touched) = self.touched.get_mut(local as usize) else { return };
        let since = std::mem::replace(touched, now);
        if let Some(from) = self.differences.get_mut(since) {
            *from += 1;
        }
        if let Some(to) = self.differences.get_mut(now) {
            *to -= 1;
        }
    }

    /// The operator gives a local another value.
    pub(super) fn set(&mut self, local: u32) {
        let now = self.now();
        if let Some(touched) = self.touched.get_mut(local as usize) {
            *touched = now;
        }
    }

    /// The operator begins a block.
    pub(super) fn open(&mut self, is_loop: bool) {
        self.loops.push(is_loop.then_some(self.now()));
    }

    /// The operator ends the innermost block. A local that a loop touches is alive up to its end: the next turn may
    /// read it. The caller charges for the locals that are looked at.
    pub(super) fn close(&mut self) {
        let Some(Some(begun)) = self.loops.pop() else { return };
        for local in 0..self.touched.len() {
            if self.touched.get(local).is_some_and(|touched| *touched >= begun) {
                self.read(u32::try_from(local).unwrap_or(u32::MAX));
            }
        }
    }

    /// The weight: the sum over all operators of the values alive that have no register.
    pub(super) fn weight(&self) -> u64 {
        let mut alive = 0i64;
        let mut weight = 0u64;
        for (height, difference) in self.heights.iter().zip(&self.differences) {
            alive += i64::from(*difference);
            let values = u64::from(*height) + u64::try_from(alive).unwrap_or(0);
            weight += values.saturating_sub(w::REGISTERS);
        }
        weight / w::ALIVE_WEIGHS_AT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The weight of a row of operators: `r` reads every local, `s` sets it, `(` and `)` begin and end a loop.
    fn weight(height: u32, locals: usize, row: &str) -> u64 {
        let mut pressure = Pressure::default();
        pressure.begin(locals);
        for operator in row.chars() {
            pressure.tick(height);
            for local in 0..u32::try_from(locals).unwrap_or(0) {
                match operator {
                    'r' => pressure.read(local),
                    's' => pressure.set(local),
                    _ => {}
                }
            }
            match operator {
                '(' => pressure.open(true),
                ')' => pressure.close(),
                _ => {}
            }
        }
        pressure.weight()
    }

    #[test]
    fn values_within_the_registers_weigh_nothing() {
        let registers = usize::try_from(w::REGISTERS).unwrap_or(0);
        assert_eq!(weight(0, registers, "s.....r"), 0);
        assert_eq!(weight(u32::try_from(registers).unwrap_or(0), 0, "......."), 0);
    }

    #[test]
    fn each_operator_weighs_each_value_alive_beyond_them() {
        let more = usize::try_from(w::REGISTERS).unwrap_or(0) + 3;
        // Alive at the one that sets and at five more, until they are read.
        assert_eq!(weight(0, more, "s.....r..."), 6 * 3 / w::ALIVE_WEIGHS_AT);
        // Nobody reads them.
        assert_eq!(weight(0, more, "s........."), 0);
        // From the beginning, as parameters are.
        assert_eq!(weight(0, more, "..r"), 3 * 3 / w::ALIVE_WEIGHS_AT);
        // A new value in between: the old one was not alive any more.
        assert_eq!(weight(0, more, "s..r...s..r"), (3 + 3) * 3 / w::ALIVE_WEIGHS_AT);
        assert_eq!(weight(2, more, "s..r"), (3 * 5) / w::ALIVE_WEIGHS_AT);
    }

    #[test]
    fn what_a_loop_touches_is_alive_to_its_end() {
        let more = usize::try_from(w::REGISTERS).unwrap_or(0) + 1;
        assert_eq!(weight(0, more, "s.(.r.....)...."), 10 / w::ALIVE_WEIGHS_AT);
        assert_eq!(weight(0, more, "(..s.....)...."), 6 / w::ALIVE_WEIGHS_AT);
        assert_eq!(weight(0, more, "s.(.......)..r"), 13 / w::ALIVE_WEIGHS_AT);
    }
}
