//! A profiled run, for authors: the plain run, and where its fuel went.
//!
//! The entry runs twice. The first run is the plain one: the effects are its effects. The second run gets the same
//! answers from the ledger (`repeated.rs`), and only its count of fuel is used. So profiling never changes what a
//! run does.

use std::collections::BTreeMap;

use icn_core::block::{Outcome, Staged};

use super::ended::Ended;
use super::error::RunError;
use super::module::{Module, Profiler};
use super::repeated::first_and_repeated;
use crate::engine::profiled_fuel_margin;
use crate::guest::{Call, FunctionFuel};

/// What is known about a run that was profiled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profiled {
    /// Fuel by function, most first. The sum is the run's charge.
    pub fuel: Vec<FunctionFuel>,
    /// After a trap, the functions that were running, the innermost first; empty when the engine collects no
    /// backtraces.
    pub backtrace: Vec<String>,
}

impl Module {
    /// Runs an entry of a module that was [compiled to be profiled](Self::compile_profiled): plainly, for its
    /// effects and for the place of a trap; then once more for the table of fuel.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), and that there is no slot for the second run.
    pub async fn run_profiled(&self, call: Call) -> Result<(Staged, Profiled), RunError> {
        let Profiler { module, names } =
            self.profiler.as_deref().ok_or_else(|| RunError::fault("a plain module in a profiled run"))?;
        let (first, repeated) = first_and_repeated(call);
        let mut store = self.store(first);
        let ended = self.execute(&mut store).await;
        let backtrace = match &ended {
            Ended::Failed(error) | Ended::StackUsedUp(error) => backtrace(error, names),
            _ => Vec::new(),
        };
        // The first run's slot is given back with its store.
        let staged = self.staged(ended, store)?;

        let mut store = module.store(repeated);
        store.data_mut().fuel_margin = profiled_fuel_margin();
        store.data_mut().fuel_count = Some(Box::default());
        let left = match module.execute(&mut store).await {
            Ended::Returned(_) => Some(store.get_fuel().map_err(|e| RunError::fault(e.to_string()))?),
            Ended::PoolFull => return Err(RunError::PoolFull),
            Ended::Fault(what) => return Err(RunError::fault(what)),
            // How the first run ended is told. The end of this one is seen in the table alone.
            Ended::Failed(_) | Ended::StackUsedUp(_) => None,
        };
        let count = store.data_mut().fuel_count.take().unwrap_or_default();
        let trapped = matches!(staged.outcome, Outcome::Trapped(_));
        let fuel = count.finish(left, staged.fuel, trapped, names);
        assert_eq!(
            fuel.iter().map(|line| line.fuel).sum::<u64>(),
            staged.fuel,
            "the fuel of the functions is the fuel of the run"
        );
        Ok((staged, Profiled { fuel, backtrace }))
    }
}

/// The guest's functions that were running, the innermost first.
fn backtrace(error: &wasmtime::Error, names: &BTreeMap<u32, String>) -> Vec<String> {
    let Some(trace) = error.downcast_ref::<wasmtime::WasmBacktrace>() else { return Vec::new() };
    let indices = trace.frames().iter().map(wasmtime::FrameInfo::func_index);
    indices.map(|index| names.get(&index).cloned().unwrap_or_else(|| format!("function {index}"))).collect()
}
