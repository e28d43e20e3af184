//! Runs recorded invocations again, for the auditor.

use std::sync::{Arc, Mutex, MutexGuard};

use futures::FutureExt as _;
use futures::future::ready;
use icn_core::block::{Operation, Staged, ruling};
use icn_core::fold::{Rerun, Rerunner};
use icn_core::ledger::{Actor, HoldState, Ledger, LedgerRefusal};
use icn_core::limits;
use icn_core::name::{Did, HoldId, Owner, Unit};
use icn_core::rules::{self, PolicyInForce};

use crate::cache::Lru;
use crate::context::{Call, LedgerPort, PortAnswer, PortError};
use crate::engine::Engine;
use crate::ruling::rule;
use crate::run::Module;

/// A re-runner with the modules that it compiled, within the bounds of the host's cache. It compiles each from its
/// bytes: what it says rests on no artefact that a host left.
pub struct Reruns {
    engine: Engine,
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
}

/// A ledger in memory, lent to one run: a single thread takes it, uses it and gives it back.
pub(crate) struct Lent {
    pub(crate) scope: Did,
    /// The run's time, in milliseconds since the Unix epoch.
    pub(crate) time: u64,
    pub(crate) actor: Actor,
    /// The policies of the scopes that hold still for the run: all that are there, for nobody else runs.
    pub(crate) beside: Vec<Arc<PolicyInForce>>,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
}

/// Whether the counterpart of an operation, if it has one, deals with this scope: what a port asks before the ledger.
///
/// # Errors
/// [`PortError::Elsewhere`] when the counterpart's policy is not among those of the scopes that hold still.
pub fn beside(
    still: &[Arc<PolicyInForce>],
    scope: Did,
    operation: &Operation,
) -> Result<Result<(), LedgerRefusal>, PortError> {
    let Some(other) = operation.counterpart() else { return Ok(Ok(())) };
    let theirs = still.iter().find(|policy| policy.policy().scope == other);
    Ok(rules::names_counterpart(theirs.ok_or(PortError::Elsewhere(other))?, scope))
}

impl Lent {
    /// What the ledger answers, which is there at once.
    fn ask<T: Send>(&self, ask: impl FnOnce(MutexGuard<'_, Ledger>) -> T) -> Result<T, PortError> {
        self.ledger.lock().map(ask).map_err(|_| PortError::Closed)
    }
}

impl LedgerPort for Lent {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let answer = beside(&self.beside, self.scope, &operation).and_then(|consent| match consent {
            Ok(()) => self.ask(|mut ledger| ledger.stage(self.scope, self.time, &self.actor, operation)),
            refused => Ok(refused),
        });
        ready(answer).boxed()
    }
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let account = (owner, unit);
        let answer = self
            .ask(|mut ledger| ledger.authorize_staged(self.scope, self.time, &self.actor, account, amount));
        ready(answer).boxed()
    }
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        ready(self.ask(|ledger| ledger.balance_staged(self.scope, self.time, &owner, &unit))).boxed()
    }
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        ready(self.ask(|ledger| ledger.open_hold(self.scope, self.time, &id))).boxed()
    }
}

impl Rerunner for Reruns {
    fn rerun(&mut self, rerun: Rerun<'_>, ledger: &mut Ledger) -> Result<Staged, String> {
        let ours = self.engine.description().id();
        if rerun.engine != ours {
            return Err(format!("it ran on the engine {}, this auditor has {ours}", rerun.engine));
        }
        let of_ledger = ruling::is_of_ledger(&rerun.module.id());
        let module = match self.modules.get(&rerun.module.id()) {
            _ if of_ledger => None,
            Some(module) => Some(module),
            None => {
                let module =
                    Arc::new(Module::compile(&self.engine, rerun.module).map_err(|e| e.to_string())?);
                let bytes = module.compiled_bytes() + rerun.module.bytes().len();
                drop(self.modules.insert(rerun.module.id(), module.clone(), bytes));
                Some(module)
            }
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
            ledger: Box::new(Lent {
                scope: rerun.invocation.scope,
                time: rerun.time,
                actor: rerun.actor.clone(),
                beside: rerun.counterparts,
                ledger: lent.clone(),
            }),
            recorder: None,
        };
        let staged = match module {
            Some(module) => complete(module.run(call)),
            None => complete(rule(call)),
        };
        *ledger =
            Arc::into_inner(lent).and_then(|l| l.into_inner().ok()).ok_or("the ledger was not given back")?;
        staged.map_err(|e| e.to_string())
    }
}

/// Polls a run to its end. It waits for nobody: the lent ledger answers at once, and where the guest yields it is
/// simply asked again. So whoever waits may be inside any executor, or none.
pub(crate) fn complete<T>(run: impl Future<Output = T>) -> T {
    let mut run = std::pin::pin!(run);
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = run.as_mut().poll(&mut task) {
            return done;
        }
    }
}
