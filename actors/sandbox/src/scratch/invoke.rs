//! One invocation of a throwaway scope, in a host's order: admit; order by the chain; draw the grant from the
//! ledger; run; commit (`commit.rs`).

use std::sync::Arc;

use icn_core::block::{Invocation, Staged, ruling};
use icn_core::encode::{Block, Domain};
use icn_core::fold::cap_storage;
use icn_core::ledger::Actor;
use icn_core::name::{BlockId, Unit, invocation_id, random_seed};
use icn_core::rules::gate::Request;
use icn_core::rules::{Refusal, RefusalCode, gate, resource_needs};

use super::call::ScratchCall;
use super::commit::Committed;
use super::error::{ScratchError, unknown_module};
use super::run::Run;
use super::scope::Scratch;
use crate::guest::{Call, Recorder};
use crate::rerun::{LentLedger, run_to_end};
use crate::run::{Module, Profiled, RunError, rule};

/// How long an invocation may wait, in milliseconds. Here it never waits.
const EXPIRES_AFTER_MS: u64 = 60_000;

impl Scratch {
    /// Runs an entry and commits its effects. A run that trapped or failed has a receipt too; an error is a request
    /// that never ran.
    ///
    /// The call of a [member](Scratch::member) is signed and passes the whole gate. The key of any other caller is
    /// not here: the scope signs for them, and everything is judged except for the signature.
    pub fn invoke(&mut self, call: &ScratchCall) -> Result<Run, ScratchError> {
        // A clock that was set back stays at the time of the last receipt until it is past it.
        let now_ms = self.now_ms.max(self.time);
        let invocation = self.invocation(call, now_ms);
        let envelope = self.admit(&invocation, now_ms)?;
        let latest = self.counterparts.values().map(|(_, chain)| chain.time()).max().unwrap_or_default();
        let time = self.chain.next_time(&invocation, now_ms.max(latest)).map_err(ScratchError::Refused)?;
        let module = match self.modules.get(&call.module).cloned() {
            None if ruling::is_of_ledger(&call.module) => None,
            module => Some(module.ok_or_else(|| unknown_module(call.module))?),
        };
        self.draw(&invocation)?;
        let actor = self.chain.policy().actor(call.caller, call.module);
        self.check_caps(&invocation, &actor, time)?;
        let recorder = Recorder::default();
        let call = self.guest_call(call, envelope, time, &actor, recorder.clone());
        let (staged, profiled) = run(module.as_deref(), call).map_err(|error| {
            let scope = self.scope();
            self.ledger().void(&scope);
            ScratchError::Fault(error.to_string())
        })?;
        let Committed { receipt, blocks, nodes } =
            self.commit(&invocation, envelope, time, staged, &actor)?;
        let recorded = recorder.take();
        Ok(Run {
            receipt_id: blocks[1].id(),
            receipt,
            blocks,
            nodes,
            fuel_limit: invocation.fuel,
            log: recorded.log,
            host_calls: recorded.host_calls,
            profiled,
        })
    }

    /// What decides the guest's run, as a host gives it.
    fn guest_call(
        &self,
        call: &ScratchCall,
        envelope: BlockId,
        time: u64,
        actor: &Actor,
        recorder: Recorder,
    ) -> Call {
        let storage_left = cap_storage(&self.ledger(), &self.chain, actor, time);
        let port = LentLedger {
            scope: self.scope(),
            time,
            actor: actor.clone(),
            counterparts: self.counterpart_policies(),
            ledger: Arc::clone(&self.ledger),
        };
        Call {
            module: call.module,
            entry: call.entry.clone(),
            input: call.input.clone(),
            caller: call.caller,
            policy: self.chain.policy().clone(),
            fuel: call.fuel,
            time,
            seed: random_seed(&envelope, &self.chain.head()),
            state: self.chain.state().clone(),
            storage_left,
            ledger: Box::new(port),
            recorder: Some(recorder),
        }
    }

    pub(super) fn invocation(&mut self, call: &ScratchCall, now_ms: u64) -> Invocation {
        self.made += 1;
        let id = invocation_id(&["icn-runtime/scratch", &self.made.to_string()]);
        let expires = now_ms.saturating_add(EXPIRES_AFTER_MS);
        let (log, scope) = (&self.origin, self.scope());
        let input = call.input.clone();
        Invocation::new(log, scope, call.module, &call.entry, input, id, call.caller, expires)
            .with_fuel(call.fuel)
    }

    /// Judges an invocation as a host does, and gives the CID of its envelope.
    pub(super) fn admit(&self, invocation: &Invocation, now_ms: u64) -> Result<BlockId, ScratchError> {
        let policy = self.chain.policy();
        let scope = self.scope();
        if let Some(key) = self.members.get(&invocation.caller) {
            let request = Request::sign(invocation, key);
            let found = |named: &icn_core::name::Did| (*named == scope).then(|| policy.clone());
            let admitted =
                gate::admit(request, &self.origin, now_ms, found).map_err(ScratchError::Refused)?;
            return Ok(admitted.envelope().id());
        }
        gate::judge(invocation, &self.origin, now_ms, policy).map_err(ScratchError::Refused)?;
        Ok(self.key.seal(Domain::Invocation, &Block::encode(invocation)).to_block().id())
    }

    /// Checks the caps on resources, as a host does before it runs an invocation.
    fn check_caps(&self, invocation: &Invocation, actor: &Actor, time: u64) -> Result<(), ScratchError> {
        if actor.rules() {
            return Ok(());
        }
        let needs = resource_needs(invocation, self.chain.policy());
        let allowed = self.ledger().caps_allow(self.scope(), actor, time, &needs);
        allowed.map_err(|refusal| {
            ScratchError::Refused(Refusal::new(RefusalCode::Exhausted, refusal.to_string()))
        })
    }

    /// Draws from the ledger what is missing in the purse for the invocation's grant.
    fn draw(&mut self, invocation: &Invocation) -> Result<(), ScratchError> {
        let grant = self.chain.policy().policy().grant;
        let scope = self.scope();
        let mut purse = self.purse;
        let mut refused = None;
        let needs = [
            (Unit::fuel(), &mut purse.fuel, invocation.fuel),
            (Unit::memory(), &mut purse.memory, grant.memory),
            (Unit::network(), &mut purse.network, grant.network),
        ];
        for (unit, drawn, needed) in needs {
            let short = needed.saturating_sub(*drawn);
            if short > 0 {
                match self.ledger().draw(scope, &unit, short, short) {
                    Ok(amount) => *drawn += amount,
                    Err(error) => {
                        refused = Some(Refusal::new(RefusalCode::Exhausted, error.to_string()));
                    }
                }
            }
        }
        // What was drawn stays drawn even when something is refused.
        self.purse = purse;
        refused.map_or(Ok(()), |refusal| Err(ScratchError::Refused(refusal)))
    }
}

/// Runs a module's entry, or a ruling where there is no module.
fn run(module: Option<&Module>, call: Call) -> Result<(Staged, Option<Profiled>), RunError> {
    match module {
        Some(module) if module.is_profiled() => {
            run_to_end(module.run_profiled(call)).map(|(staged, profiled)| (staged, Some(profiled)))
        }
        Some(module) => run_to_end(module.run(call)).map(|staged| (staged, None)),
        None => run_to_end(rule(call)).map(|staged| (staged, None)),
    }
}
