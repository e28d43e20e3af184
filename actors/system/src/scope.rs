//! A scope's actor: one invocation after the other, from the mailbox to the hand-over. Blocks of keys: `scope/keys.rs`.
//!
//! It owns the scope's chain, its batch of drawn resources, and the receipts that were handed over and not yet
//! told to the ledger. The order of a commit is this file's to keep: reserve a place in the DAG's queue, run,
//! draft, sign, hand over; only then advance the chain; only then tell the ledger. It never waits for the disk.

mod keys;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Context, Handler, Message,
    MessageResult, WrapFuture as _,
};
use futures::FutureExt as _;
use futures::channel::oneshot;
use icn_core::block::{Entry, Invocation, Receipt};
use icn_core::chain::{Chain, ChainParts, Draft, random_seed, resource_needs};
use icn_core::crossing::{self, Leg};
use icn_core::effect::{Outcome, Staged};
use icn_core::encode::Block;
use icn_core::gate::Admitted;
use icn_core::id::{BlockId, Did, Hash, InvocationId, Unit};
use icn_core::keys::Keys;
use icn_core::ledger::Actor as Asker;
use icn_core::limits;
use icn_core::log::Link;
use icn_core::refusal::{Refusal, RefusalCode};
use icn_core::replay::least_storage;
use icn_core::ruling;
use icn_core::sign::Domain;
use icn_sandbox::{Call, Module, RunError, rule};
use icn_sync::{Generation, Permit, Stamp};

use crate::crossing::{Cross, Granted, Loan, Returned};
use crate::dag::{Committed, HandOver, Reply};
use crate::events::{self, Event};
use crate::faults::FaultPoint;
use crate::keyring::{Keyring, NO_KEY, Signing};
use crate::ledger::{AskCaps, Draw, Port, Posting, Untold, Void, tell_ledger};
use crate::shared::{Shared, now_ms};
use crate::supervisor::Down;
pub(crate) use keys::{PutKeys, PutKeysError};

/// Grants are drawn from the ledger for so many invocations at once.
const DRAW_INVOCATIONS: u64 = 64;
/// The ledger is told of so many receipts in one message, at most.
pub(crate) const POSTS_MAX: usize = 64;
/// How long the ledger may not be told of a receipt when nobody asks it.
const POST_INTERVAL: Duration = Duration::from_millis(1);
/// How long a scope keeps its arbiter before it gives way to the others on it: as long as a guest runs before it
/// yields.
const TURN: Duration = Duration::from_millis(limits::EPOCH_TICK_MS);
/// How long to wait for a place in the DAG's queue before looking again.
const SLOT_RETRY: Duration = Duration::from_micros(500);

/// An admitted invocation and who waits for it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Invoke {
    pub(crate) admitted: Admitted,
    pub(crate) answer: oneshot::Sender<Result<Committed, Refusal>>,
    /// The place in this mailbox.
    pub(crate) place: Permit,
}

/// Resources drawn and not used yet.
#[derive(Debug, Default, Clone, Copy)]
struct Purse {
    fuel: u64,
    memory: u64,
    network: u64,
}

impl Purse {
    fn add(&mut self, other: Self) {
        self.fuel += other.fuel;
        self.memory += other.memory;
        self.network += other.network;
    }
    fn spend(&mut self, receipt: &Receipt) {
        self.fuel -= receipt.fuel;
        self.memory -= receipt.usage.memory;
        self.network -= receipt.usage.network;
    }
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

enum Failure {
    Refused(Refusal),
    /// Another scope has to hold still first.
    Elsewhere(Did),
    Fault(String),
    Panicked(String),
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
        let needs = self.chain.has_resource_caps().then_some(needs);
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
            let granted = match grant(&shared, scope, wants, &mut drawn).await {
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

    fn end(&mut self, ended: Ended, ctx: &mut Context<Self>) {
        self.purse.add(ended.drawn);
        self.turn_used += ended.began.elapsed();
        let staged = match ended.staged {
            Ok(staged) => staged,
            Err(Failure::Elsewhere(scope)) => {
                self.post();
                self.shared.ledger.do_send(Void(self.scope));
                let Ended { admitted, answer, place, loans, .. } = ended;
                let mut needs: BTreeSet<Did> = loans.iter().map(|loan| loan.still.place().scope).collect();
                needs.insert(scope);
                // They are asked again, together with the one that was missing.
                drop(loans);
                return self.set_aside(Invoke { admitted, answer, place }, needs, ctx);
            }
            Err(failure) => return self.fail(failure, ended.answer, ctx),
        };
        if let Outcome::Trapped(trap) = &staged.outcome {
            let detail = format!("{:?}: {}", trap.kind, trap.detail);
            self.shared.tell(Event::Trapped { scope: self.scope, detail });
        }
        let engine = self.shared.cache.engine().description().clone();
        let (invocation, payload, envelope) = ended.admitted.into_blocks();
        let module = invocation.module;
        let (loans, over) = (ended.loans, ended.over);
        let committed = std::panic::catch_unwind(AssertUnwindSafe(|| {
            self.chain.sign_as(ended.signing.signer);
            let with = crossing::places(&staged.journal, loans.iter().map(|loan| loan.still.place()));
            let id = envelope.id();
            let draft = self.chain.draft(&invocation, id, engine.id(), ended.time, staged, with);
            let sealed = ended.signing.key.seal(Domain::Receipt, draft.payload()).to_block();
            let blocks = ([payload, envelope], ended.asker, loans);
            self.commit(module, (draft, sealed), blocks, &engine, ended.slot, ended.answer)
        }));
        drop((ended.place, over));
        match committed {
            Ok(true) => self.schedule_post(ctx),
            // Another generation took this scope over: nothing of this one is applied any more.
            Ok(false) => ctx.stop(),
            Err(panic) => self.down(panic_text(&*panic), ctx),
        }
    }

    /// The commit: from a signed draft to the DAG's queue, then to the chain, then to the ledger's next message.
    fn commit(
        &mut self,
        module: BlockId,
        (draft, envelope): (Draft, Block),
        (invocation, asker, loans): ([Block; 2], Arc<Asker>, Vec<Loan>),
        engine: &Block,
        slot: Option<Permit>,
        answer: oneshot::Sender<Result<Committed, Refusal>>,
    ) -> bool {
        let id = envelope.id();
        let receipt = draft.receipt();
        let mut links = vec![Link { author: self.scope, seq: receipt.seq, prev: Some(receipt.prev) }];
        let mut leaves = vec![id];
        leaves.extend(receipt.anchors.iter().map(|anchor| anchor.0));
        // Who is not in the journal has no leg. It holds still to the hand-over all the same: its books were looked at.
        let has_leg = |loan: &Loan| receipt.with.contains(&loan.still.place());
        let (mut loans, others): (Vec<Loan>, Vec<Loan>) = loans.into_iter().partition(has_leg);
        loans.sort_by_key(|loan| loan.still.place().scope);
        let mut legs: Vec<(Leg, BlockId)> = Vec::with_capacity(loans.len());
        let mut of_legs = Vec::with_capacity(2 * loans.len());
        for loan in &loans {
            // Those that could not sign were found before the run.
            let Some(Signing { key, signer }) = &loan.signing else { continue };
            let (leg, payload) = crossing::draft(receipt, id, &loan.still, *signer);
            let envelope = key.seal(Domain::Leg, &payload).to_block();
            leaves.push(envelope.id());
            links.push(leg.place().into());
            legs.push((leg, envelope.id()));
            of_legs.extend([payload, envelope]);
        }
        let mut blocks = Vec::with_capacity(5 + draft.nodes().len() + of_legs.len());
        blocks.extend(invocation);
        blocks.push(draft.payload().clone());
        blocks.push(envelope);
        blocks.extend(draft.nodes().iter().cloned());
        blocks.extend(of_legs);
        if !self.engine_described {
            blocks.push(engine.clone());
        }
        self.fault(FaultPoint::HandOver);
        // From here to the hand-over no newer generation can start.
        let Some(_inside) = self.generation.enter(self.stamp) else {
            self.chain.abort(module, draft);
            return false;
        };
        // Nor of the scopes that hold still: they are their own, and wait.
        let generations: Vec<_> = loans.iter().map(|loan| (loan.generation.clone(), loan.stamp)).collect();
        let beside: Vec<_> =
            generations.iter().filter_map(|(generation, stamp)| generation.enter(*stamp)).collect();
        if beside.len() < loans.len() {
            self.chain.abort(module, draft);
            self.post();
            self.shared.ledger.do_send(Void(self.scope));
            let what = "a counterpart is restarting; the invocation had no effect";
            self.refuse(answer, Refusal::new(RefusalCode::Unavailable, what).retry_after_ms(100));
            return true;
        }
        let receipt = Arc::new(receipt.clone());
        let reply = Reply::Receipt { answer, receipt: receipt.clone() };
        let hand_over = HandOver { entry: Entry { leaves, blocks }, links, reply, slot };
        loans.iter_mut().for_each(Loan::arm);
        if self.shared.dag.try_send(hand_over).is_err() {
            loans.iter_mut().for_each(Loan::disarm);
            // The slot was reserved, so the queue has room: the DAG is gone, and with it the host.
            self.chain.abort(module, draft);
            return false;
        }
        self.fault(FaultPoint::HandedOver);
        self.engine_described = true;
        self.chain.commit(module, draft, id);
        self.purse.spend(&receipt);
        drop((beside, others));
        let of_ledger = legs.iter().map(|(leg, _)| leg.clone()).collect();
        self.untold.push(Posting { receipt, asker, legs: of_ledger });
        if !legs.is_empty() {
            metrics::counter!("icn_crossings_total").increment(1);
            // Before the others go on, and ask the ledger.
            self.post();
        }
        for (loan, (leg, envelope)) in loans.into_iter().zip(legs) {
            loan.give_back(leg, envelope);
        }
        true
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

/// Draws what the purse lacks; what was drawn is kept even when something is refused.
async fn grant(
    shared: &Shared,
    scope: Did,
    wants: Vec<(Unit, u64, u64)>,
    drawn: &mut Purse,
) -> Result<(), Failure> {
    if wants.is_empty() {
        return Ok(());
    }
    let units: Vec<Unit> = wants.iter().map(|(unit, ..)| unit.clone()).collect();
    let answers =
        shared.ledger.send(Draw { scope, wants }).await.map_err(|e| Failure::Fault(e.to_string()))?;
    let mut refusal = None;
    for (unit, answer) in units.into_iter().zip(answers) {
        match (unit.as_str(), answer) {
            (_, Err(error)) => refusal = Some(Refusal::new(RefusalCode::Exhausted, error.to_string())),
            ("fuel", Ok(amount)) => drawn.fuel += amount,
            ("memory", Ok(amount)) => drawn.memory += amount,
            (_, Ok(amount)) => drawn.network += amount,
        }
    }
    refusal.map_or(Ok(()), |refusal| Err(Failure::Refused(refusal)))
}

/// What is asked of the caps before a run, where there are any on resources.
struct AskCapsOf<'a> {
    scope: Did,
    time: u64,
    asker: &'a Arc<Asker>,
    untold: &'a Untold,
    needs: Option<[(Unit, u64); 3]>,
}

impl AskCapsOf<'_> {
    /// How much storage the caps leave, if any binds.
    async fn ask(self, shared: &Shared) -> Result<Option<u64>, Failure> {
        let Self { scope, time, asker, untold, needs } = self;
        let Some(needs) = needs else { return Ok(None) };
        // What was consumed before counts.
        tell_ledger(&shared.ledger, untold);
        let asked = AskCaps { scope, time, asker: asker.clone(), needs };
        let answer = shared.ledger.send(asked).await.map_err(|e| Failure::Fault(e.to_string()))?;
        answer.map_err(|refusal| Failure::Refused(Refusal::new(RefusalCode::Exhausted, refusal.to_string())))
    }
}

/// What an invocation runs.
enum Runs {
    Guest(Arc<Module>),
    /// The ledger's own module.
    Ruling,
}

impl Runs {
    async fn run(&self, shared: &Shared, call: Call) -> Result<Staged, Failure> {
        match self {
            Self::Guest(module) => run_guest(shared, module.run(call)).await,
            Self::Ruling => run_guest(shared, rule(call)).await,
        }
    }
}

/// A place in the DAG's queue; while there is none, this scope waits and its own mailbox fills.
async fn reserve(shared: &Shared) -> Result<Permit, Refusal> {
    loop {
        if shared.latch.is_closed() {
            return Err(crate::dag::closed());
        }
        if let Some(permit) = shared.slots.try_acquire() {
            return Ok(permit);
        }
        actix_rt::time::sleep(SLOT_RETRY).await;
    }
}

async fn run_guest(
    shared: &Shared,
    run: impl Future<Output = Result<Staged, RunError>>,
) -> Result<Staged, Failure> {
    let run = async {
        assert!(!shared.faults.at(FaultPoint::Run), "an injected fault at {:?}", FaultPoint::Run);
        run.await
    };
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(Ok(staged)) => Ok(staged),
        Ok(Err(RunError::PoolFull)) => Err(Failure::Refused(
            Refusal::new(RefusalCode::Busy, "all instance slots of the host are taken")
                .retry_after_ms(limits::EPOCH_TICK_MS),
        )),
        Ok(Err(RunError::Elsewhere(scope))) => Err(Failure::Elsewhere(scope)),
        Ok(Err(RunError::HostFault(what))) => Err(Failure::Fault(what)),
        Err(panic) => Err(Failure::Panicked(panic_text(&*panic))),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
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

/// Asks a scope to hold still.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Lend(pub(crate) oneshot::Sender<Loan>);

impl Handler<Lend> for Scope {
    type Result = ();
    fn handle(&mut self, Lend(to): Lend, ctx: &mut Self::Context) {
        // Whoever borrows it asks the ledger: what was handed over comes first.
        self.post();
        let (keys, generation) = ((self.keys.clone(), self.keyring.clone()), self.generation.clone());
        let (loan, returned) = Loan::new(self.chain.still(), keys, generation, self.stamp);
        if to.send(loan).is_err() {
            return;
        }
        ctx.wait(returned.into_actor(self).map(|returned, actor, ctx| match returned {
            Ok(Returned::Unused) => {}
            Ok(Returned::Leg(leg, envelope)) => {
                if let Err(error) = actor.chain.apply_leg(&leg, envelope) {
                    actor.down(format!("a leg that does not come next: {error}"), ctx);
                }
            }
            Ok(Returned::Lost) | Err(_) => {
                actor.down("the scope was lent to one that went down".to_owned(), ctx);
            }
        }));
    }
}

/// Asks for the receipt that an id got.
#[derive(Message)]
#[rtype(result = "Option<BlockId>")]
pub(crate) struct ReceiptOf(pub(crate) InvocationId);

impl Handler<ReceiptOf> for Scope {
    type Result = Option<BlockId>;
    fn handle(&mut self, ReceiptOf(id): ReceiptOf, _: &mut Self::Context) -> Self::Result {
        self.chain.receipt_of(&id)
    }
}

/// What a scope says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeView {
    /// The scope.
    pub scope: Did,
    /// What people call it.
    pub name: String,
    /// Its state's root.
    pub root: Hash,
    /// Its last sequence number.
    pub seq: u64,
    /// Invocations applied.
    pub invocations: usize,
    /// The key that signs for it now: its own, or an operating key; none when none that is here may.
    pub key: Option<Did>,
}

/// Asks a scope about itself; everything before is told to the ledger first.
#[derive(Message)]
#[rtype(result = "ScopeView")]
pub(crate) struct View;

impl Handler<View> for Scope {
    type Result = MessageResult<View>;
    fn handle(&mut self, _: View, _: &mut Self::Context) -> Self::Result {
        self.post();
        MessageResult(ScopeView {
            scope: self.scope,
            name: self.chain.policy().policy().name.clone(),
            root: self.chain.root(),
            seq: self.chain.seq(),
            invocations: self.chain.invocations(),
            key: self.signing_at(now_ms()).ok().map(|signing| signing.key.did()),
        })
    }
}

/// Reads a value of a module's state.
#[derive(Message)]
#[rtype(result = "Option<Vec<u8>>")]
pub(crate) struct ReadValue {
    pub(crate) module: BlockId,
    pub(crate) key: Vec<u8>,
}

impl Handler<ReadValue> for Scope {
    type Result = Option<Vec<u8>>;
    fn handle(&mut self, read: ReadValue, _: &mut Self::Context) -> Self::Result {
        self.chain.state().get(&read.module, &read.key).map(|value| value.to_vec())
    }
}

/// Ends the actor once nothing is set aside: tells the ledger everything and gives the chain's parts for a snapshot, and
/// whether the log has the engine's description.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseScope(pub(crate) oneshot::Sender<(ChainParts, bool)>);

impl Handler<CloseScope> for Scope {
    type Result = ();
    fn handle(&mut self, CloseScope(answer): CloseScope, ctx: &mut Self::Context) {
        self.closing = Some(answer);
        self.go_on(ctx);
    }
}
