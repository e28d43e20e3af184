//! The run of an invocation, in this order: give way, draw resources, ask the caps, reserve a place in the log's queue, run
//! the program.
//!
//! It is a future beside the actor: it has what it needs, and touches neither the chain nor anything else of the actor's.
//! The place is reserved before the work, so that a receipt that was worked for can be handed over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use icn_core::block::{Invocation, Staged};
use icn_core::fold::least_storage;
use icn_core::name::Unit;
use icn_core::rules::{PolicyInForce, Refusal, RefusalCode};
use icn_core::state::State;
use icn_sandbox::Call;
use icn_sync::Permit;

use super::drawn::{Drawn, Want};
use super::program::{Failure, Program};
use crate::fail_stop::host_stopped;
use crate::keyring::Signing;
use crate::ledger::{Port, RunOf};
use crate::message::crossing::PausedScope;
use crate::message::ledger::{AskCaps, UnpostedReceipts};
use crate::message::scope::Invoke;
use crate::shared::Shared;

/// How long to wait for a place in the log's queue before looking again.
const SLOT_RETRY: Duration = Duration::from_micros(500);

/// An invocation that is ready to run.
pub(super) struct Prepared {
    pub(super) invoke: Invoke,
    /// Scopes that are paused for it.
    pub(super) paused: Vec<PausedScope>,
    /// Dropping it ends the crossing, when it is one.
    pub(super) over: Option<oneshot::Sender<()>>,
    /// Who signs its receipt.
    pub(super) signing: Signing,
    pub(super) plan: RunPlan,
    /// Whether the other scopes of the arbiter have their turn first.
    pub(super) gives_way: bool,
}

/// What a run is given.
pub(super) struct RunPlan {
    pub(super) of: RunOf,
    pub(super) program: Program,
    /// What must be drawn before the invocation's grant is covered.
    pub(super) wants: Vec<Want>,
    /// What the caps are asked for; none when there are none on resources.
    pub(super) needs: Option<[(Unit, u64); 3]>,
    pub(super) policy: Arc<PolicyInForce>,
    /// The policies of the scopes that are paused for it.
    pub(super) counterparts: Vec<Arc<PolicyInForce>>,
    pub(super) state: Arc<State>,
    pub(super) seed: [u8; 32],
    /// Bytes that the scope may still store, before caps.
    pub(super) storage_left: i64,
    pub(super) unposted: UnpostedReceipts,
}

/// A run that is over: what the actor needs to go on with it.
pub(super) struct Ended {
    pub(super) invoke: Invoke,
    pub(super) of: RunOf,
    pub(super) paused: Vec<PausedScope>,
    pub(super) over: Option<oneshot::Sender<()>>,
    pub(super) signing: Signing,
    /// What was drawn for it. It is kept also when nothing came of the run.
    pub(super) drawn: Drawn,
    /// The place in the log's queue, once it was reserved.
    pub(super) slot: Option<Permit>,
    /// When its turn on the arbiter began.
    pub(super) began: Instant,
}

/// Runs an invocation. What came of it is beside what the actor needs to go on.
pub(super) async fn carry_out(shared: Arc<Shared>, prepared: Prepared) -> (Ended, Result<Staged, Failure>) {
    let Prepared { invoke, paused, over, signing, plan, gives_way } = prepared;
    if gives_way {
        shared.cache.engine().next_turn().await;
    }
    // The time that it waited for its turn is no part of its turn.
    let began = Instant::now();
    let of = plan.of.clone();
    let (mut drawn, mut slot) = (Drawn::default(), None);
    let staged = plan.run(&shared, invoke.admitted.invocation(), &mut drawn, &mut slot).await;
    (Ended { invoke, of, paused, over, signing, drawn, slot, began }, staged)
}

impl RunPlan {
    async fn run(
        self,
        shared: &Shared,
        invocation: &Invocation,
        drawn: &mut Drawn,
        slot: &mut Option<Permit>,
    ) -> Result<Staged, Failure> {
        drawn.draw(shared, &self.of, &self.wants).await?;
        let storage_left = least_storage(self.storage_left, self.storage_that_caps_leave(shared).await?);
        *slot = Some(reserve(shared).await.map_err(Failure::Refused)?);
        let call = Call {
            module: invocation.module,
            entry: invocation.entry.clone(),
            input: invocation.input.clone(),
            caller: invocation.caller,
            policy: self.policy,
            fuel: invocation.fuel,
            time: self.of.time,
            seed: self.seed,
            state: self.state,
            storage_left,
            ledger: Box::new(Port::new(self.of, shared.ledger.clone(), self.unposted, self.counterparts)),
            recorder: None,
        };
        self.program.run(shared, call).await
    }

    /// Asks the caps, where there are any on resources: how much storage they leave, if one binds.
    async fn storage_that_caps_leave(&self, shared: &Shared) -> Result<Option<u64>, Failure> {
        let Some(needs) = self.needs.clone() else { return Ok(None) };
        let RunOf { scope, time, asker } = self.of.clone();
        // What was consumed before counts.
        shared.ledger.post_all(&self.unposted);
        let answer = shared.ledger.caps.send(AskCaps { scope, time, asker, needs }).await;
        let left = answer.map_err(|error| Failure::Fault(error.to_string()))?;
        left.map_err(|refusal| Failure::Refused(Refusal::new(RefusalCode::Exhausted, refusal.to_string())))
    }
}

/// Takes a place in the log's queue. While there is none, this scope waits and its own mailbox fills.
async fn reserve(shared: &Shared) -> Result<Permit, Refusal> {
    loop {
        if shared.latch.is_closed() {
            return Err(host_stopped());
        }
        if let Some(permit) = shared.slots.try_acquire() {
            return Ok(permit);
        }
        actix_rt::time::sleep(SLOT_RETRY).await;
    }
}
