//! The actor that writes the log: its state, and its handlers. A handler only puts a hand-over into the group.

use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, AsyncContext as _, Context, Handler, Message, MessageResult};
use futures::channel::oneshot;
use icn_core::encode::SecretKey;
use icn_core::limits;
use icn_core::log::Log;
use icn_core::name::Origin;
use icn_history::directory::Layout;
use icn_history::store::LogStore;
use icn_sync::{HeadWriter, Tally};

use crate::fail_stop::{FailStop, host_stopped};
use crate::faults::{FaultPoint, Faults};
use crate::message::log_writer::{Barrier, CloseLog, HandOver};

/// The actor.
pub(crate) struct LogWriter {
    pub(super) parts: LogWriterParts,
    /// What was handed over and is not appended yet.
    pub(super) group: Vec<HandOver>,
    pub(super) barriers: Vec<oneshot::Sender<()>>,
    pub(super) flush_is_due: bool,
    pub(super) checkpointed: Checkpointed,
    pub(super) checkpoint_is_due: bool,
}

/// What the actor is made of.
pub(crate) struct LogWriterParts {
    pub(crate) store: Box<dyn LogStore>,
    /// The log's machine: order and tree.
    pub(crate) log: Log,
    pub(crate) origin: Origin,
    /// Signs checkpoints.
    pub(crate) key: Arc<SecretKey>,
    pub(crate) layout: Layout,
    pub(crate) head: HeadWriter,
    pub(crate) fail_stop: FailStop,
    pub(crate) faults: Arc<dyn Faults>,
    /// Durable groups so far.
    pub(crate) groups: Arc<Tally<1>>,
}

/// The checkpoint in the file: its size, and since when it is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checkpointed {
    pub(super) size: u64,
    pub(super) at: Instant,
}

impl Checkpointed {
    /// None was written by this actor yet.
    fn never() -> Self {
        Self { size: 0, at: Instant::now() }
    }
}

impl LogWriter {
    pub(crate) fn new(parts: LogWriterParts) -> Self {
        Self {
            parts,
            group: Vec::new(),
            barriers: Vec::new(),
            flush_is_due: false,
            checkpointed: Checkpointed::never(),
            checkpoint_is_due: false,
        }
    }

    fn schedule_flush(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.flush_is_due, true) {
            // Delivered once the mailbox is empty: whatever waits there joins the group.
            ctx.notify(Flush);
        }
    }

    /// An error where a test injects a fault.
    pub(super) fn fault(&self, point: FaultPoint) -> Result<(), String> {
        if self.parts.faults.at(point) {
            return Err(format!("an injected fault of the disk ({point:?})"));
        }
        Ok(())
    }
}

impl Actor for LogWriter {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        // Room for every reserved place, and for the few messages that need none.
        ctx.set_mailbox_capacity(limits::HAND_OVERS_IN_FLIGHT_MAX + 64);
    }
}

impl Handler<HandOver> for LogWriter {
    type Result = ();
    fn handle(&mut self, hand_over: HandOver, ctx: &mut Self::Context) {
        if self.parts.fail_stop.is_stopped() {
            hand_over.reply.refuse(host_stopped());
            return;
        }
        self.group.push(hand_over);
        self.schedule_flush(ctx);
    }
}

/// Appends the group. The actor sends it to itself.
#[derive(Message)]
#[rtype(result = "()")]
struct Flush;

impl Handler<Flush> for LogWriter {
    type Result = ();
    fn handle(&mut self, _: Flush, ctx: &mut Self::Context) {
        self.flush(ctx);
    }
}

impl Handler<Barrier> for LogWriter {
    type Result = ();
    fn handle(&mut self, Barrier(done): Barrier, ctx: &mut Self::Context) {
        self.barriers.push(done);
        self.schedule_flush(ctx);
    }
}

impl Handler<CloseLog> for LogWriter {
    type Result = MessageResult<CloseLog>;
    fn handle(&mut self, _: CloseLog, ctx: &mut Self::Context) -> Self::Result {
        self.flush(ctx);
        if self.parts.fail_stop.is_stopped() {
            return MessageResult(Err("the log stopped after a fault".into()));
        }
        let closed = self.parts.store.close().map_err(|error| error.to_string());
        let note = closed.and_then(|()| self.write_checkpoint());
        MessageResult(note.map(|note| (self.parts.log.clone(), note)))
    }
}
