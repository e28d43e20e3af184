//! What is decided of an invocation before it runs: its time, what it runs, who signs its receipt, and what it needs.
//!
//! What can be refused is refused here, before any resource is drawn. Nothing of the chain changes. While the run goes on
//! the actor handles no other message.

use std::sync::Arc;
use std::time::Duration;

use actix::{ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use icn_core::block::ruling;
use icn_core::limits;
use icn_core::name::random_seed;
use icn_core::rules::gate::Admitted;
use icn_core::rules::{Refusal, RefusalCode, resource_needs};

use super::actor::Scope;
use super::carry_out::{Prepared, RunPlan, carry_out};
use super::program::Program;
use crate::clock::now_ms;
use crate::keyring::{NO_KEY, Signing};
use crate::ledger::RunOf;
use crate::message::crossing::{Paused, PausedScope};
use crate::message::scope::Invoke;

/// How long a scope keeps its arbiter before it gives way to the others on it: as long as a guest runs before it yields.
const TURN: Duration = Duration::from_millis(limits::EPOCH_TICK_MS);

impl Scope {
    /// Runs an invocation, with the scopes that are paused for it.
    pub(super) fn invoke(&mut self, invoke: Invoke, crossing: Option<Paused>, ctx: &mut Context<Self>) {
        let (mut paused, over) = match crossing {
            Some(Paused { scopes, over }) => (scopes, Some(over)),
            None => (Vec::new(), None),
        };
        let (plan, signing) = match self.prepare(&invoke.admitted, &mut paused) {
            Ok(prepared) => prepared,
            Err(refusal) => return self.refuse(invoke.answer, refusal),
        };
        let gives_way = self.turn_used >= TURN;
        if gives_way {
            self.turn_used = Duration::ZERO;
        }
        let prepared = Prepared { invoke, paused, over, signing, plan, gives_way };
        let run = carry_out(self.shared.clone(), prepared);
        ctx.wait(run.into_actor(self).map(|(ended, staged), actor, ctx| actor.end(ended, staged, ctx)));
    }

    /// Everything that the run needs, and who signs its receipt.
    fn prepare(
        &mut self,
        admitted: &Admitted,
        paused: &mut [PausedScope],
    ) -> Result<(RunPlan, Signing), Refusal> {
        let invocation = admitted.invocation();
        // Neither this scope nor a paused one goes back in time.
        let least = paused.iter().map(|scope| scope.basis.time()).max().unwrap_or_default();
        let time = self.chain.next_time(invocation, now_ms().max(least))?;
        if !Arc::ptr_eq(admitted.policy(), self.chain.policy()) {
            // The policy changed while it waited: it is judged by the one that its receipt will follow.
            self.chain.policy().allows(invocation)?;
        }
        let program = self.program(admitted)?;
        let signing = self.signing_at(time)?;
        choose_keys(paused, time)?;
        let policy = self.chain.policy().clone();
        // What a ruling consumes counts against no cap.
        let is_capped = self.chain.has_resource_caps() && !ruling::is_of_ledger(&invocation.module);
        let asker = Arc::new(policy.actor(invocation.caller, invocation.module));
        let plan = RunPlan {
            of: RunOf { scope: self.scope, time, asker },
            program,
            wants: self.drawn.wants(invocation, policy.policy().grant),
            needs: is_capped.then(|| resource_needs(invocation, &policy)),
            counterparts: paused.iter().map(|scope| scope.basis.policy().clone()).collect(),
            state: self.chain.state().clone(),
            seed: random_seed(&admitted.envelope().id(), &self.chain.head()),
            storage_left: self.chain.storage_left(),
            unposted: self.unposted.clone(),
            policy,
        };
        Ok((plan, signing))
    }

    fn program(&self, admitted: &Admitted) -> Result<Program, Refusal> {
        let module = admitted.invocation().module;
        if ruling::is_of_ledger(&module) {
            return Ok(Program::Ruling);
        }
        let installed = self.modules.get(&module).cloned().ok_or_else(|| {
            let what = format!("module {module} is not installed in this scope");
            Refusal::new(RefusalCode::UnknownModule, what)
        })?;
        Ok(Program::Guest(installed))
    }
}

/// Chooses the key of each paused scope that signs its leg. It is better to find out now than after the run.
fn choose_keys(paused: &mut [PausedScope], time: u64) -> Result<(), Refusal> {
    for scope in paused {
        if !scope.choose_key(time) {
            let what = format!("the counterpart {}: {NO_KEY}", scope.basis.place().scope);
            return Err(Refusal::new(RefusalCode::Unavailable, what));
        }
    }
    Ok(())
}
