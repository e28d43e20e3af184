//! The next invocation of a throwaway scope, run as often as one likes. None of its effects is kept.
//!
//! Tests use it to run one invocation on many engines and with many fuel limits.

use std::sync::Arc;

use futures::FutureExt as _;
use icn_core::block::{Invocation, Operation, Staged};
use icn_core::encode::Block;
use icn_core::fold::{Rerun, Rerunner, cap_storage};
use icn_core::ledger::{Actor, HoldState, Ledger, LedgerRefusal};
use icn_core::name::{BlockId, Did, HoldId, Owner, Unit, random_seed};
use icn_core::rules::PolicyInForce;
use icn_core::state::State;

use super::call::ScratchCall;
use super::error::ScratchError;
use super::scope::Scratch;
use crate::guest::{Call, LedgerPort, PortAnswer, counterpart_consent};
use crate::rerun::run_to_end;
use crate::run::{Module, RunError};

/// An invocation that a scope admitted and that could run next. Each run begins with the same state, balances, time
/// and random bytes, whatever its fuel limit, and changes none of them.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    invocation: Invocation,
    policy: Arc<PolicyInForce>,
    engine: BlockId,
    time: u64,
    seed: [u8; 32],
    state: Arc<State>,
    storage_left: i64,
    ledger: Arc<Ledger>,
    counterparts: Vec<Arc<PolicyInForce>>,
}

impl Scratch {
    /// Judges an invocation as [`invoke`](Self::invoke) does, and gives everything that its guest would find. If
    /// `invoke` gets the same call next, it runs the same invocation.
    pub fn rehearse(&mut self, call: &ScratchCall) -> Result<Rehearsal, ScratchError> {
        let now_ms = self.now_ms.max(self.time);
        let invocation = self.invocation(call, now_ms);
        // The invocation is not used up: the next one has the same id.
        self.made -= 1;
        let envelope = self.admit(&invocation, now_ms)?;
        let time = self.chain.next_time(&invocation, now_ms).map_err(ScratchError::Refused)?;
        let actor = self.chain.policy().actor(invocation.caller, invocation.module);
        // The lock is taken once. A lock that is taken in an expression is held to the end of the statement.
        let ledger = self.ledger().clone();
        Ok(Rehearsal {
            policy: self.chain.policy().clone(),
            engine: self.engine,
            time,
            seed: random_seed(&envelope, &self.chain.head()),
            state: self.chain.state().clone(),
            storage_left: cap_storage(&ledger, &self.chain, &actor, time),
            ledger: Arc::new(ledger),
            counterparts: self.counterpart_policies(),
            invocation,
        })
    }
}

impl Rehearsal {
    /// Runs the invocation with this fuel limit. `module` must be the one that was called, compiled for any engine.
    pub fn run(&self, module: &Module, fuel: u64) -> Result<Staged, RunError> {
        let Invocation { scope, entry, input, caller, .. } = &self.invocation;
        let actor = self.policy.actor(*caller, self.invocation.module);
        let (ledger, counterparts) = (Arc::clone(&self.ledger), self.counterparts.clone());
        let copied = Copied { scope: *scope, time: self.time, actor, counterparts, ledger, own: None };
        run_to_end(module.run(Call {
            module: self.invocation.module,
            entry: entry.clone(),
            input: input.clone(),
            caller: *caller,
            policy: self.policy.clone(),
            fuel,
            time: self.time,
            seed: self.seed,
            state: self.state.clone(),
            storage_left: self.storage_left,
            ledger: Box::new(copied),
            recorder: None,
        }))
    }

    /// Runs the invocation with this fuel limit as an auditor does.
    pub fn rerun(&self, rerunner: &mut dyn Rerunner, module: &Block, fuel: u64) -> Result<Staged, String> {
        let rerun = Rerun {
            invocation: &self.invocation.clone().with_fuel(fuel),
            policy: &self.policy,
            module,
            engine: self.engine,
            state: self.state.clone(),
            storage_left: self.storage_left,
            time: self.time,
            seed: self.seed,
            actor: &self.policy.actor(self.invocation.caller, self.invocation.module),
            counterparts: self.counterparts.clone(),
        };
        rerunner.rerun(rerun, &mut (*self.ledger).clone())
    }
}

/// The ledger of one run: the ledger of the scope, and a copy from the first operation on.
struct Copied {
    scope: Did,
    time: u64,
    actor: Actor,
    counterparts: Vec<Arc<PolicyInForce>>,
    ledger: Arc<Ledger>,
    /// The copy, once there is one.
    own: Option<Box<Ledger>>,
}

impl Copied {
    fn own(&mut self) -> &mut Ledger {
        self.own.get_or_insert_with(|| Box::new((*self.ledger).clone()))
    }

    fn ledger(&self) -> &Ledger {
        self.own.as_deref().unwrap_or(&self.ledger)
    }
}

impl LedgerPort for Copied {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let (scope, time, actor) = (self.scope, self.time, self.actor.clone());
        let answer =
            counterpart_consent(&self.counterparts, scope, &operation).map(|consent| match consent {
                Ok(()) => self.own().stage(scope, time, &actor, operation),
                refused => refused,
            });
        futures::future::ready(answer).boxed()
    }
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let (scope, time, actor) = (self.scope, self.time, self.actor.clone());
        let answer = self.own().authorize_staged(scope, time, &actor, (owner, unit), amount);
        futures::future::ready(Ok(answer)).boxed()
    }
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        let balance = self.ledger().balance_staged(self.scope, self.time, &owner, &unit);
        futures::future::ready(Ok(balance)).boxed()
    }
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        let hold = self.ledger().open_hold(self.scope, self.time, &id);
        futures::future::ready(Ok(hold)).boxed()
    }
}
