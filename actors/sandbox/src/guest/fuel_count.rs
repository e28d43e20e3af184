//! The count of a profiled run's fuel, function by function.
//!
//! A profiled module tells the host when each function begins and ends (`instrument/`). Everything that was burned
//! between two such moments, host calls included, belongs to the function on top. The sum of the table is the run's
//! charge.

use std::collections::BTreeMap;

/// What one function of a guest burned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFuel {
    /// Its index in the module, imported functions counted. None for fuel that no function burned: the price of the
    /// instance, and the rest of a grant that a trap consumed.
    pub function: Option<u32>,
    /// Its name: from the module's own names, else its export's name, else its index.
    pub name: String,
    /// Fuel that it burned itself: its host calls are included, the functions that it called are not.
    pub fuel: u64,
}

/// The count of a run that goes on.
#[derive(Debug, Default)]
pub(crate) struct FuelCount {
    /// The functions that are running, the innermost last.
    running: Vec<u32>,
    /// Fuel burned so far, by function.
    burned: BTreeMap<u32, u64>,
    /// Fuel burned before the first function began.
    before: u64,
    /// Fuel that was left when a function began or ended last.
    left: u64,
}

impl FuelCount {
    /// A count that begins with so much fuel.
    pub(crate) fn from(left: u64) -> Self {
        Self { left, ..Self::default() }
    }

    /// Adds what was burned since the last call of this function to the function that is running.
    pub(crate) fn mark(&mut self, left: u64) {
        let burned = self.left.saturating_sub(left);
        match self.running.last() {
            Some(function) => *self.burned.entry(*function).or_default() += burned,
            None => self.before += burned,
        }
        self.left = left;
    }

    /// A function begins.
    pub(crate) fn begin(&mut self, function: u32) {
        self.running.push(function);
    }
    /// The function that began last ends.
    pub(crate) fn end(&mut self) {
        self.running.pop();
    }

    /// The table. `left` is the fuel that was left when the run returned, if it did; `charged` is the charge of the
    /// whole run; `trapped` says whether it ended in a trap. Fuel that no function burned has a line of its own.
    pub(crate) fn finish(
        mut self,
        left: Option<u64>,
        charged: u64,
        trapped: bool,
        names: &BTreeMap<u32, String>,
    ) -> Vec<FunctionFuel> {
        if let Some(left) = left {
            self.mark(left);
        }
        let name = |index: u32| names.get(&index).cloned().unwrap_or_else(|| format!("function {index}"));
        let mut table: Vec<FunctionFuel> = self
            .burned
            .iter()
            .map(|(index, fuel)| FunctionFuel { function: Some(*index), name: name(*index), fuel: *fuel })
            .collect();
        let known: u64 = table.iter().map(|line| line.fuel).sum();
        let rest = charged.saturating_sub(known);
        if rest > 0 {
            let name = match left {
                _ if trapped => "(instance, and the rest of the grant: it trapped)",
                Some(_) => "(instance)",
                // Telling the host takes time: the wall clock can end a profiled run where a plain one goes on.
                None => "(instance, and what ran when the profiler's time was up)",
            };
            table.push(FunctionFuel { function: None, name: name.into(), fuel: rest });
        }
        table.sort_by(|a, b| b.fuel.cmp(&a.fuel).then_with(|| a.function.cmp(&b.function)));
        table
    }
}
