//! Runs recorded invocations again, for the auditor.
//!
//! A run that is repeated here must come to what its receipt says. It is given the state, the balances, the time
//! and the random seed that it had; the ledger that it changed is given back. Only the engine that the receipt
//! names may run it.

use std::sync::{Arc, Mutex};

use icn_core::block::{Staged, ruling};
use icn_core::encode::Block;
use icn_core::fold::{Rerun, Rerunner};
use icn_core::ledger::Ledger;
use icn_core::limits;

use super::lent_ledger::LentLedger;
use super::run_to_end::run_to_end;
use crate::cache::Lru;
use crate::engine::Engine;
use crate::guest::Call;
use crate::run::{Module, rule};

/// Runs recorded invocations, and keeps the modules that it compiled within the bounds of a host's cache. It
/// compiles each module from its bytes, so its results do not depend on an artefact that a host left.
pub struct Reruns {
    engine: Engine,
    /// Compiled modules, by name.
    modules: Lru<Arc<Module>>,
}

impl std::fmt::Debug for Reruns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reruns").field("modules", &self.modules.len()).finish_non_exhaustive()
    }
}

impl Reruns {
    /// A re-runner on this engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, modules: Lru::new(usize::MAX, limits::COMPILED_BYTES_MAX) }
    }

    /// The compiled module of a block.
    fn module(&mut self, block: &Block) -> Result<Arc<Module>, String> {
        if let Some(module) = self.modules.get(&block.id()) {
            return Ok(module);
        }
        let module = Arc::new(Module::compile(&self.engine, block).map_err(|e| e.to_string())?);
        let bytes = module.compiled_bytes() + block.bytes().len();
        drop(self.modules.insert(block.id(), module.clone(), bytes));
        Ok(module)
    }
}

impl Rerunner for Reruns {
    fn rerun(&mut self, rerun: Rerun<'_>, ledger: &mut Ledger) -> Result<Staged, String> {
        let ours = self.engine.description().id();
        if rerun.engine != ours {
            return Err(format!("it ran on the engine {}, this auditor has {ours}", rerun.engine));
        }
        let module = match ruling::is_of_ledger(&rerun.module.id()) {
            true => None,
            false => Some(self.module(rerun.module)?),
        };
        let lent = Arc::new(Mutex::new(std::mem::take(ledger)));
        let call = Call {
            module: rerun.invocation.module,
            entry: rerun.invocation.entry.clone(),
            input: rerun.invocation.input.clone(),
            caller: rerun.invocation.caller,
            policy: rerun.policy.clone(),
            fuel: rerun.invocation.fuel,
            time: rerun.time,
            seed: rerun.seed,
            state: rerun.state,
            storage_left: rerun.storage_left,
            ledger: Box::new(LentLedger {
                scope: rerun.invocation.scope,
                time: rerun.time,
                actor: rerun.actor.clone(),
                counterparts: rerun.counterparts,
                ledger: lent.clone(),
            }),
            recorder: None,
        };
        let staged = match module {
            Some(module) => run_to_end(module.run(call)),
            None => run_to_end(rule(call)),
        };
        // The run is over, and its port is gone with it.
        *ledger =
            Arc::into_inner(lent).and_then(|l| l.into_inner().ok()).ok_or("the ledger was not given back")?;
        staged.map_err(|e| e.to_string())
    }
}
