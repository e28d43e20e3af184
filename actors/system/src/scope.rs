//! A scope's actor: one invocation after the other, from the mailbox to the hand-over (`scope/commit.rs`). What a run
//! needs first: `scope/run.rs`; blocks of keys: `scope/keys.rs`; what else it is asked: `scope/messages.rs`.
//!
//! It owns the scope's chain, its batch of drawn resources, and the receipts that were handed over and not yet
//! told to the ledger. The order of a commit is this file's to keep: reserve a place in the DAG's queue, run,
//! draft, sign, hand over; only then advance the chain; only then tell the ledger. It never waits for the disk.

mod commit;
mod keys;
mod messages;
mod run;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Context, Handler, Message,
    WrapFuture as _,
};
use futures::channel::oneshot;
use icn_core::block::{Invocation, Staged, ruling};
use icn_core::fold::{Chain, ChainParts, least_storage};
use icn_core::ledger::Actor as Asker;
use icn_core::limits;
use icn_core::name::{BlockId, Did, Unit, random_seed};
use icn_core::rules::gate::Admitted;
use icn_core::rules::keys::Keys;
use icn_core::rules::{Refusal, RefusalCode, resource_needs};
use icn_sandbox::{Call, Module};
use icn_sync::{Generation, Permit, Stamp};

use crate::crossing::{Cross, Granted, Loan};
use crate::dag::Committed;
use crate::events::{self, Event};
use crate::faults::FaultPoint;
use crate::keyring::{Keyring, NO_KEY, Signing};
use crate::ledger::{Draw, Port, Untold, Void, tell_ledger};
use crate::shared::{Shared, now_ms};
use crate::supervisor::Down;
pub(crate) use keys::{PutKeys, PutKeysError};
pub use messages::ScopeView;
pub(crate) use messages::{CloseScope, Lend, ReadValue, ReceiptOf, View};
use run::{AskCapsOf, Failure, Purse, Runs, grant, reserve};

/// Grants are drawn from the ledger for so many invocations at once.
const DRAW_INVOCATIONS: u64 = 64;
/// The ledger is told of so many receipts in one message, at most.
pub(crate) const POSTS_MAX: usize = 64;
/// How long the ledger may not be told of a receipt when nobody asks it.
const POST_INTERVAL: Duration = Duration::from_millis(1);
/// How long a scope keeps its arbiter before it gives way to the others on it: as long as a guest runs before it
/// yields.
const TURN: Duration = Duration::from_millis(limits::EPOCH_TICK_MS);

/// An admitted invocation and who waits for it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Invoke {
    pub(crate) admitted: Admitted,
    pub(crate) answer: oneshot::Sender<Result<Committed, Refusal>>,
    /// The place in this mailbox.
    pub(crate) place: Permit,
}

/// What an actor is made of.
pub(crate) struct ScopeParts {
    pub(crate) chain: Chain,
    pub(crate) modules: BTreeMap<BlockId, Arc<Module>>,
    pub(crate) keys: Keys,
    pub(crate) keyring: Keyring,
    pub(crate) generation: Arc<Generation>,
    pub(crate) stamp: Stamp,
    pub(crate) engine_described: bool,
}

/// The actor.
pub(crate) struct Scope {
    shared: Arc<Shared>,
    scope: Did,
    chain: Chain,
    modules: BTreeMap<BlockId, Arc<Module>>,
    /// What the log says of the scope's keys, those that are here, and which of them signs.
    keys: Keys,
    keyring: Keyring,
    signing: Option<Signing>,
    /// From when on, in milliseconds since the Unix epoch, a person is to be warned that the keys here end; none once that was done.
    warn_from: Option<u64>,
    generation: Arc<Generation>,
    stamp: Stamp,
    purse: Purse,
    /// Receipts that were handed over and that the ledger was not told of: a run that asks the ledger tells it
    /// of them first.
    untold: Untold,
    post_is_due: bool,
    /// How long this scope has worked since it last gave way.
    turn_used: Duration,
    /// Whether the log has the engine's description already.
    engine_described: bool,
    /// An invocation that waits for other scopes to hold still.
    aside: Option<Invoke>,
    /// Invocations that came behind it, in their order.
    behind: VecDeque<Invoke>,
    /// Who waits for this actor to end, once it has nothing left to do.
    closing: Option<oneshot::Sender<(ChainParts, bool)>>,
}

/// A run that is over: what the actor needs to go on with it.
struct Ended {
    admitted: Admitted,
    time: u64,
    /// Scopes that held still for it.
    loans: Vec<Loan>,
    /// Ends the crossing, when it is one.
    over: Option<oneshot::Sender<()>>,
    /// Who signs its receipt.
    signing: Signing,
    asker: Arc<Asker>,
    staged: Result<Staged, Failure>,
    drawn: Purse,
    slot: Option<Permit>,
    answer: oneshot::Sender<Result<Committed, Refusal>>,
    place: Permit,
    /// When its turn on the arbiter began.
    began: Instant,
}

impl Scope {
    pub(crate) fn new(shared: Arc<Shared>, parts: ScopeParts) -> Self {
        let ScopeParts { chain, modules, keys, keyring, generation, stamp, engine_described } = parts;
        let mut scope = Self {
            shared,
            scope: chain.scope(),
            chain,
            modules,
            keys,
            keyring,
            signing: None,
            warn_from: None,
            generation,
            stamp,
            purse: Purse::default(),
            untold: Arc::default(),
            post_is_due: false,
            turn_used: Duration::ZERO,
            engine_described,
            aside: None,
            behind: VecDeque::new(),
            closing: None,
        };
        scope.watch_end(now_ms());
        scope
    }

    /// Everything that is asked of an invocation before it runs. `least` is the time that it has at least: that of the
    /// scopes that hold still for it.
    fn ready(&self, admitted: &Admitted, least: u64) -> Result<(u64, Runs), Refusal> {
        let invocation = admitted.invocation();
        let time = self.chain.next_time(invocation, now_ms().max(least))?;
        if !Arc::ptr_eq(admitted.policy(), self.chain.policy()) {
            // The policy changed while it waited: judged by the one that its receipt will follow.
            self.chain.policy().allows(invocation)?;
        }
        if ruling::is_of_ledger(&invocation.module) {
            return Ok((time, Runs::Ruling));
        }
        let module = self.modules.get(&invocation.module).cloned().ok_or_else(|| {
            Refusal::new(
                RefusalCode::UnknownModule,
                format!("module {} is not installed in this scope", invocation.module),
            )
        })?;
        Ok((time, Runs::Guest(module)))
    }

    /// What must be drawn before this invocation's grant is covered.
    fn wants(&self, invocation: &Invocation) -> Vec<(Unit, u64, u64)> {
        let grant = self.chain.policy().policy().grant;
        let needs = [
            (Unit::fuel as fn() -> Unit, self.purse.fuel, invocation.fuel),
            (Unit::memory, self.purse.memory, grant.memory),
            (Unit::network, self.purse.network, grant.network),
        ];
        let short = needs.into_iter().filter(|(_, purse, need)| purse < need);
        short
            .map(|(unit, purse, need)| (unit(), need - purse, need.saturating_mul(DRAW_INVOCATIONS)))
            .collect()
    }

    /// Runs an invocation, with the scopes that hold still for it.
    fn invoke(&mut self, invoke: Invoke, granted: Option<Granted>, ctx: &mut Context<Self>) {
        let Invoke { admitted, answer, place } = invoke;
        let (mut loans, over) =
            granted.map_or((Vec::new(), None), |Granted { loans, over }| (loans, Some(over)));
        let least = loans.iter().map(|loan| loan.still.time()).max().unwrap_or_default();
        let (time, module) = match self.ready(&admitted, least) {
            Ok(ready) => ready,
            Err(refusal) => return self.refuse(answer, refusal),
        };
        let beside: Vec<_> = loans.iter().map(|loan| loan.still.policy().clone()).collect();
        let signing = match self.signing_at(time) {
            Ok(signing) => signing,
            Err(refusal) => return self.refuse(answer, refusal),
        };
        if let Some(loan) = loans.iter_mut().find_map(|loan| (!loan.sign_at(time)).then_some(&*loan)) {
            let what = format!("the counterpart {}: {NO_KEY}", loan.still.place().scope);
            return self.refuse(answer, Refusal::new(RefusalCode::Unavailable, what));
        }
        let wants = self.wants(admitted.invocation());
        let needs = resource_needs(admitted.invocation(), self.chain.policy());
        // What a ruling consumes counts against no cap.
        let is_asked = self.chain.has_resource_caps() && !ruling::is_of_ledger(&admitted.invocation().module);
        let needs = is_asked.then_some(needs);
        let policy = self.chain.policy().clone();
        let state = self.chain.state().clone();
        let seed = random_seed(&admitted.envelope().id(), &self.chain.head());
        let storage_left = self.chain.storage_left();
        let (shared, scope, untold) = (self.shared.clone(), self.scope, self.untold.clone());
        let turn_is_over = self.turn_used >= TURN;
        if turn_is_over {
            self.turn_used = Duration::ZERO;
        }
        let invocation = admitted.invocation();
        let asker = Arc::new(policy.actor(invocation.caller, invocation.module));
        let run = async move {
            let invocation = admitted.invocation();
            if turn_is_over {
                shared.cache.engine().next_turn().await;
            }
            // What it waited for its turn is not its turn.
            let began = Instant::now();
            let mut drawn = Purse::default();
            let mut slot = None;
            let call = |shared: &Shared, storage_left: i64| Call {
                module: invocation.module,
                entry: invocation.entry.clone(),
                input: invocation.input.clone(),
                caller: invocation.caller,
                policy,
                fuel: invocation.fuel,
                time,
                seed,
                state,
                storage_left,
                ledger: Box::new(Port::new(
                    scope,
                    time,
                    asker.clone(),
                    shared.ledger.clone(),
                    untold.clone(),
                    beside,
                )),
                recorder: None,
            };
            let draw = Draw { scope, time, asker: asker.clone(), wants };
            let granted = match grant(&shared, draw, &mut drawn).await {
                Err(failure) => Err(failure),
                Ok(()) => {
                    let capped = AskCapsOf { scope, time, asker: &asker, untold: &untold, needs };
                    capped.ask(&shared).await.map(|capped| least_storage(storage_left, capped))
                }
            };
            let staged = match granted {
                Err(failure) => Err(failure),
                Ok(storage_left) => match reserve(&shared).await {
                    Err(refusal) => Err(Failure::Refused(refusal)),
                    Ok(permit) => {
                        slot = Some(permit);
                        module.run(&shared, call(&shared, storage_left)).await
                    }
                },
            };
            Ended { admitted, time, loans, over, signing, asker, staged, drawn, slot, answer, place, began }
        };
        ctx.wait(run.into_actor(self).map(|ended, actor, ctx| actor.end(ended, ctx)));
    }

    /// The next of the invocations that came behind one that was set aside; or the end, when somebody waits for it.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        if self.aside.is_some() {
            return;
        }
        if let Some(invoke) = self.behind.pop_front() {
            self.invoke(invoke, None, ctx);
            if !self.behind.is_empty() || self.closing.is_some() {
                ctx.address().do_send(GoOn);
            }
        } else if let Some(answer) = self.closing.take() {
            self.post();
            ctx.stop();
            let _ = answer.send((self.chain.parts(), self.engine_described));
        }
    }

    /// Sets an invocation aside until these scopes hold still. It keeps its turn: what comes later runs later.
    fn set_aside(&mut self, invoke: Invoke, needs: BTreeSet<Did>, ctx: &mut Context<Self>) {
        let (answer, granted) = oneshot::channel();
        self.shared.crossings.do_send(Cross { scope: self.scope, needs, answer });
        self.aside = Some(invoke);
        // By the mailbox, as everything that runs here: a spawned future is polled once more after a message made the
        // actor wait, and would go on in the middle of what it waits for.
        ctx.spawn(granted.into_actor(self).map(|granted, _, ctx| {
            ctx.address().do_send(Stand(granted.unwrap_or_else(|_| Err(crate::dag::closed()))));
        }));
    }

    fn fail(
        &mut self,
        failure: Failure,
        answer: oneshot::Sender<Result<Committed, Refusal>>,
        ctx: &mut Context<Self>,
    ) {
        // What was handed over before keeps its holds; what this run held is dropped.
        self.post();
        self.shared.ledger.do_send(Void(self.scope));
        match failure {
            Failure::Refused(refusal) => self.refuse(answer, refusal),
            Failure::Elsewhere(scope) => {
                let what = format!("the counterpart {scope} is needed; the invocation had no effect");
                self.refuse(answer, Refusal::new(RefusalCode::Unavailable, what));
            }
            Failure::Fault(what) => {
                self.shared.tell(Event::HostFault { scope: self.scope, what });
                let message = "the host made a mistake; the invocation had no effect";
                self.refuse(answer, Refusal::new(RefusalCode::Unavailable, message));
            }
            Failure::Panicked(what) => {
                let message = "the scope is restarting; the invocation had no effect";
                self.refuse(answer, Refusal::new(RefusalCode::Unavailable, message).retry_after_ms(100));
                self.down(what, ctx);
            }
        }
    }

    /// Stops this actor; the supervisor makes another one.
    fn down(&mut self, what: String, ctx: &mut Context<Self>) {
        let supervisor = &self.shared.supervisor;
        supervisor.do_send(Down { scope: self.scope, stamp: self.stamp, what });
        ctx.stop();
    }

    fn refuse(&self, answer: oneshot::Sender<Result<Committed, Refusal>>, refusal: Refusal) {
        events::count_refusal(refusal.code);
        self.shared.refusals.add(refusal.code.index());
        let _ = answer.send(Err(refusal));
    }

    fn fault(&self, point: FaultPoint) {
        assert!(!self.shared.faults.at(point), "an injected fault at {point:?}");
    }

    fn schedule_post(&mut self, ctx: &mut Context<Self>) {
        if self.untold.len() >= POSTS_MAX {
            self.post();
        } else if !std::mem::replace(&mut self.post_is_due, true) {
            ctx.run_later(POST_INTERVAL, |actor, _| {
                actor.post_is_due = false;
                actor.post();
            });
        }
    }

    /// Tells the ledger of the receipts that were handed over.
    fn post(&self) {
        tell_ledger(&self.shared.ledger, &self.untold);
    }
}

impl Actor for Scope {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        // Each invocation holds one of the scope's places; a few messages need none.
        ctx.set_mailbox_capacity(limits::SCOPE_MAILBOX_MESSAGES_MAX + 64);
    }
}

impl Handler<Invoke> for Scope {
    type Result = ();
    fn handle(&mut self, invoke: Invoke, ctx: &mut Self::Context) {
        if self.aside.is_some() || !self.behind.is_empty() {
            self.behind.push_back(invoke);
        } else {
            self.invoke(invoke, None, ctx);
        }
    }
}

/// The scopes that an invocation was set aside for hold still, or do not.
#[derive(Message)]
#[rtype(result = "()")]
struct Stand(Result<Granted, Refusal>);

impl Handler<Stand> for Scope {
    type Result = ();
    fn handle(&mut self, Stand(granted): Stand, ctx: &mut Self::Context) {
        let Some(invoke) = self.aside.take() else { return };
        match granted {
            Ok(granted) => self.invoke(invoke, Some(granted), ctx),
            Err(refusal) => self.refuse(invoke.answer, refusal),
        }
        ctx.address().do_send(GoOn);
    }
}

/// Goes on with what came behind an invocation that was set aside.
#[derive(Message)]
#[rtype(result = "()")]
struct GoOn;

impl Handler<GoOn> for Scope {
    type Result = ();
    fn handle(&mut self, _: GoOn, ctx: &mut Self::Context) {
        self.go_on(ctx);
    }
}
