//! One invocation of a throwaway scope, in the order of a host's.

use std::sync::Arc;

use icn_core::block::{Invocation, Staged, ruling};
use icn_core::encode::{Block, Domain};
use icn_core::fold::{cap_storage, crossing};
use icn_core::ledger::{Actor, Booking};
use icn_core::name::{BlockId, Unit, invocation_id, random_seed};
use icn_core::rules::gate::Request;
use icn_core::rules::{Refusal, RefusalCode, gate, resource_needs};

use super::call::ScratchCall;
use super::error::{ScratchError, unknown_module};
use super::run::Run;
use super::scope::Scratch;
use crate::guest::{Call, Recorder};
use crate::rerun::{LentLedger, complete};
use crate::run::{RunError, rule};

/// How long an invocation may wait, in milliseconds: here it never does.
const EXPIRES_AFTER_MS: u64 = 60_000;

impl Scratch {
    /// Runs an entry and commits what it did. A trap and a guest's own failure are runs with receipts; an error is
    /// a request that never ran.
    ///
    /// A [member](Scratch::member)'s call is signed and passes the whole gate. The key of any other caller is not
    /// here: for them the scope signs, and everything is judged but the signature.
    pub fn invoke(&mut self, call: &ScratchCall) -> Result<Run, ScratchError> {
        // A clock that was set back stands still until it is past the last receipt.
        let now_ms = self.now_ms.max(self.time);
        let invocation = self.invocation(call, now_ms);
        let envelope = self.admit(&invocation, now_ms)?;
        let beside = self.counterparts.values().map(|(_, chain)| chain.time()).max().unwrap_or_default();
        let now_ms = now_ms.max(beside);
        let time = self.chain.next_time(&invocation, now_ms).map_err(ScratchError::Refused)?;
        let module = match self.modules.get(&call.module).cloned() {
            None if ruling::is_of_ledger(&call.module) => None,
            module => Some(module.ok_or_else(|| unknown_module(call.module))?),
        };
        self.draw(&invocation)?;
        let actor = self.chain.policy().actor(call.caller, call.module);
        self.check_caps(&invocation, &actor, time)?;
        let storage_left = cap_storage(&self.ledger(), &self.chain, &actor, time);
        let ledger = Arc::clone(&self.ledger);
        let counterparts = self.counterpart_policies();
        let port = LentLedger { scope: self.scope(), time, actor: actor.clone(), counterparts, ledger };
        let recorder = Recorder::default();
        let call = Call {
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
            recorder: Some(recorder.clone()),
        };
        let ran = match module {
            Some(module) if module.is_profiled() => {
                complete(module.run_profiled(call)).map(|(staged, profiled)| (staged, Some(profiled)))
            }
            Some(module) => complete(module.run(call)).map(|staged| (staged, None)),
            None => complete(rule(call)).map(|staged| (staged, None)),
        };
        let (staged, profiled) = match ran {
            Ok(ran) => ran,
            Err(error) => {
                let scope = self.scope();
                self.ledger().void(&scope);
                return Err(fault(&error));
            }
        };
        let mut run = self.commit(&invocation, envelope, time, staged, (&actor, &recorder))?;
        run.profiled = profiled;
        Ok(run)
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

    /// Judges an invocation as a host would; gives its envelope's name.
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

    /// Whether the caps on resources let the invocation run.
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

    /// Draws from the ledger what the purse lacks of the invocation's grant.
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
        // What was drawn is kept even when something is refused.
        self.purse = purse;
        refused.map_or(Ok(()), |refusal| Err(ScratchError::Refused(refusal)))
    }

    /// From what was staged to a signed receipt, in the chain and in the ledger.
    fn commit(
        &mut self,
        invocation: &Invocation,
        envelope: BlockId,
        time: u64,
        staged: Staged,
        (actor, recorder): (&Actor, &Recorder),
    ) -> Result<Run, ScratchError> {
        let places = self.counterparts.values().map(|(_, chain)| chain.next_place());
        let with = crossing::places(&staged.journal, places);
        let draft = self.chain.draft(invocation, envelope, self.engine, time, staged, with);
        let payload = draft.payload().clone();
        let nodes = draft.nodes().to_vec();
        let signed = self.key.seal(Domain::Receipt, &payload).to_block();
        let receipt = self.chain.commit(invocation.module, draft, signed.id());
        self.time = receipt.time;
        self.purse.fuel -= receipt.fuel;
        self.purse.memory -= receipt.usage.memory;
        self.purse.network -= receipt.usage.network;
        let posted = self.ledger().post(&Booking::of_receipt(&receipt, actor), receipt.outcome.is_ok());
        posted.map_err(|e| ScratchError::Fault(e.to_string()))?;
        let mut legs = Vec::new();
        for place in &receipt.with {
            let Some((key, chain)) = self.counterparts.get_mut(&place.scope) else { continue };
            let (leg, payload) = crossing::draft(&receipt, signed.id(), &chain.still(), None);
            let envelope = key.seal(Domain::Leg, &payload).to_block();
            chain.apply_leg(&leg, envelope.id()).map_err(|e| ScratchError::Fault(e.to_string()))?;
            legs.push(leg);
        }
        for leg in legs {
            let posted = self.ledger().book(&Booking::of_leg(&leg, &Actor::default()));
            posted.map_err(|e| ScratchError::Fault(e.to_string()))?;
        }
        let recorded = recorder.take();
        Ok(Run {
            receipt_id: signed.id(),
            receipt,
            blocks: [payload, signed],
            nodes,
            fuel_limit: invocation.fuel,
            log: recorded.log,
            host_calls: recorded.host_calls,
            profiled: None,
        })
    }
}

fn fault(error: &RunError) -> ScratchError {
    ScratchError::Fault(error.to_string())
}
