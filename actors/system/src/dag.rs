//! The DAG's actor: the one queue of hand-overs, and the one place where the log grows.
//!
//! A handler only puts a hand-over into the group. When the mailbox is empty the group is checked, appended
//! with one sync, and only then is each caller answered. The arbiter is the actor's own, so waiting for the
//! disk keeps nobody else, and whatever arrives meanwhile forms the next group.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Handler, Message, MessageResult};
use futures::channel::oneshot;
use icn_core::block::{Entry, Receipt};
use icn_core::encode::SecretKey;
use icn_core::limits;
use icn_core::log::{Link, Log};
use icn_core::name::{BlockId, Origin};
use icn_core::rules::{Refusal, RefusalCode};
use icn_history::directory::Layout;
use icn_history::disk;
use icn_history::store::LogStore;
use icn_sync::{Head, HeadWriter, Permit, Tally};

use crate::events;
use crate::faults::{FaultPoint, Faults};
use crate::shared::FailStop;

/// Under load, how long a group is given to form: it costs a caller that long and saves a sync for each
/// receipt that arrives meanwhile.
const GROUP_WINDOW: Duration = Duration::from_micros(1000);
/// How often the checkpoint's file is renewed while the log grows, at most.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(250);

/// A receipt that is durable: only an append gives one.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The receipt.
    pub receipt: Arc<Receipt>,
    /// Its envelope's name: its leaf in the log.
    pub id: BlockId,
    /// The leaf's position.
    pub position: u64,
}

/// Who waits for a hand-over to be durable.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The caller of an invocation.
    Receipt { answer: oneshot::Sender<Result<Committed, Refusal>>, receipt: Arc<Receipt> },
    /// Somebody who wants to know where it stands.
    Position(oneshot::Sender<Result<u64, Refusal>>),
}

impl Reply {
    fn refuse(self, refusal: Refusal) {
        // A caller that went away is not waited for.
        match self {
            Self::Receipt { answer, .. } => drop(answer.send(Err(refusal))),
            Self::Position(answer) => drop(answer.send(Err(refusal))),
        }
    }
}

/// An entry, handed over: in the queue from here on, whatever becomes of who sent it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct HandOver {
    pub(crate) entry: Entry,
    /// The author's, and those of the legs behind it.
    pub(crate) links: Vec<Link>,
    pub(crate) reply: Reply,
    /// The place in the queue that was reserved before the work was done.
    pub(crate) slot: Option<Permit>,
}

/// The actor.
pub(crate) struct Dag {
    store: Box<dyn LogStore>,
    log: Log,
    origin: Origin,
    key: Arc<SecretKey>,
    layout: Layout,
    head: HeadWriter,
    fail_stop: FailStop,
    faults: Arc<dyn Faults>,
    /// Durable groups so far.
    groups: Arc<Tally<1>>,
    group: Vec<HandOver>,
    barriers: Vec<oneshot::Sender<()>>,
    flush_is_due: bool,
    /// The size of the checkpoint in its file, and since when it is there.
    checkpointed: (u64, Instant),
    checkpoint_is_due: bool,
}

/// What the actor is made of.
pub(crate) struct DagParts {
    pub(crate) store: Box<dyn LogStore>,
    pub(crate) log: Log,
    pub(crate) origin: Origin,
    pub(crate) key: Arc<SecretKey>,
    pub(crate) layout: Layout,
    pub(crate) head: HeadWriter,
    pub(crate) fail_stop: FailStop,
    pub(crate) faults: Arc<dyn Faults>,
    pub(crate) groups: Arc<Tally<1>>,
}

impl Dag {
    pub(crate) fn new(parts: DagParts) -> Self {
        let DagParts { store, log, origin, key, layout, head, fail_stop, faults, groups } = parts;
        Self {
            store,
            log,
            origin,
            key,
            layout,
            head,
            fail_stop,
            faults,
            groups,
            group: Vec::new(),
            barriers: Vec::new(),
            flush_is_due: false,
            checkpointed: (0, Instant::now()),
            checkpoint_is_due: false,
        }
    }

    fn schedule(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.flush_is_due, true) {
            // Delivered once the mailbox is empty: whatever waits there joins the group.
            ctx.notify(Flush);
        }
    }

    /// Checks, appends, syncs; then answers.
    fn flush(&mut self, ctx: &mut Context<Self>) {
        self.flush_is_due = false;
        while !self.group.is_empty() {
            let rest = self.group.split_off(self.group.len().min(limits::GROUP_ENTRIES_MAX));
            let group = std::mem::replace(&mut self.group, rest);
            let entries = group.len();
            if let Err((group, what)) = self.append(group) {
                // The gate first: whoever is told is not let in again.
                self.fail_stop.stop(what);
                for hand_over in group.into_iter().chain(self.group.drain(..)) {
                    hand_over.reply.refuse(closed());
                }
                ctx.stop();
                return;
            }
            if entries > 1 {
                std::thread::sleep(GROUP_WINDOW);
            }
        }
        for barrier in self.barriers.drain(..) {
            let _ = barrier.send(());
        }
        self.checkpoint_when_due(ctx);
    }

    /// Renews the checkpoint's file now, or once its interval is over, so that what was answered is soon covered.
    fn checkpoint_when_due(&mut self, ctx: &mut Context<Self>) {
        if self.checkpointed.0 == self.log.size() || self.fail_stop.is_stopped() {
            return;
        }
        let since = self.checkpointed.1.elapsed();
        if since >= CHECKPOINT_INTERVAL {
            if let Err(what) = self.write_checkpoint() {
                self.fail_stop.stop(what);
                ctx.stop();
            }
        } else if !std::mem::replace(&mut self.checkpoint_is_due, true) {
            ctx.run_later(CHECKPOINT_INTERVAL.saturating_sub(since), |actor, ctx| {
                actor.checkpoint_is_due = false;
                actor.checkpoint_when_due(ctx);
            });
        }
    }

    fn append(&mut self, group: Vec<HandOver>) -> Result<(), (Vec<HandOver>, String)> {
        let started = Instant::now();
        let before = self.log.size();
        // An error stops the actor for good, so the machine may be ahead of the store then.
        let mut positions = Vec::with_capacity(group.len());
        for hand_over in &group {
            match self.log.append(&hand_over.entry, &hand_over.links) {
                Ok(position) => positions.push(position),
                Err(error) => return Err((group, format!("a hand-over that does not come next: {error}"))),
            }
        }
        let entries: Vec<&Entry> = group.iter().map(|hand_over| &hand_over.entry).collect();
        let durable = self
            .fault(FaultPoint::Append)
            .and_then(|()| self.store.append(before, &entries).map_err(|error| error.to_string()));
        if let Err(what) = durable.and_then(|()| self.fault(FaultPoint::Appended)) {
            return Err((group, what));
        }
        self.head.publish(Head { size: self.log.size(), root: self.log.frontier().root().0 });
        self.groups.add(0);
        events::count_group(group.len(), started.elapsed().as_secs_f64());
        for (hand_over, position) in group.into_iter().zip(positions) {
            let id = hand_over.entry.leaves[0];
            match hand_over.reply {
                Reply::Receipt { answer, receipt } => {
                    events::count_commit(&receipt);
                    let _ = answer.send(Ok(Committed { receipt, id, position }));
                }
                Reply::Position(answer) => drop(answer.send(Ok(position))),
            }
            drop(hand_over.slot);
        }
        self.fault(FaultPoint::Answered).map_err(|what| (Vec::new(), what))
    }

    fn write_checkpoint(&mut self) -> Result<String, String> {
        self.fault(FaultPoint::Checkpoint)?;
        let note = self.log.checkpoint(&self.origin).sign(&self.key);
        disk::replace(&self.layout.checkpoint(), note.as_bytes()).map_err(|error| error.to_string())?;
        self.checkpointed = (self.log.size(), Instant::now());
        self.fault(FaultPoint::Checkpointed)?;
        Ok(note)
    }

    fn fault(&self, point: FaultPoint) -> Result<(), String> {
        match self.faults.at(point) {
            true => Err(format!("an injected fault of the disk ({point:?})")),
            false => Ok(()),
        }
    }
}

/// The answer when the host can append no more.
pub(crate) fn closed() -> Refusal {
    Refusal::new(
        RefusalCode::Unavailable,
        "the host stopped taking invocations: whether this one is in the log, its id tells after the restart",
    )
}

impl Actor for Dag {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        // Room for every reserved slot, and for the few messages that need none.
        ctx.set_mailbox_capacity(limits::HAND_OVERS_IN_FLIGHT_MAX + 64);
    }
}

impl Handler<HandOver> for Dag {
    type Result = ();
    fn handle(&mut self, hand_over: HandOver, ctx: &mut Self::Context) {
        if self.fail_stop.is_stopped() {
            hand_over.reply.refuse(closed());
            return;
        }
        self.group.push(hand_over);
        self.schedule(ctx);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Flush;

impl Handler<Flush> for Dag {
    type Result = ();
    fn handle(&mut self, _: Flush, ctx: &mut Self::Context) {
        self.flush(ctx);
    }
}

/// Asks to be told when everything that was handed over before is durable.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Barrier(pub(crate) oneshot::Sender<()>);

impl Handler<Barrier> for Dag {
    type Result = ();
    fn handle(&mut self, Barrier(done): Barrier, ctx: &mut Self::Context) {
        self.barriers.push(done);
        self.schedule(ctx);
    }
}

/// Ends writing: appends what waits, writes the checkpoint, and gives the log's machine.
#[derive(Message)]
#[rtype(result = "Result<(Log, String), String>")]
pub(crate) struct CloseLog;

impl Handler<CloseLog> for Dag {
    type Result = MessageResult<CloseLog>;
    fn handle(&mut self, _: CloseLog, ctx: &mut Self::Context) -> Self::Result {
        self.flush(ctx);
        if self.fail_stop.is_stopped() {
            return MessageResult(Err("the log stopped after a fault".into()));
        }
        let closed = self.store.close().map_err(|error| error.to_string());
        MessageResult(closed.and_then(|()| self.write_checkpoint()).map(|note| (self.log.clone(), note)))
    }
}
