//! The actor of a scope: its state, its mailbox, and what all of its files use.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext as _, AsyncContext as _, Context};
use futures::channel::oneshot;
use icn_core::fold::Chain;
use icn_core::limits;
use icn_core::name::{BlockId, Did};
use icn_core::rules::Refusal;
use icn_core::rules::keys::Keys;
use icn_sandbox::Module;
use icn_sync::{Generation, Stamp};

use super::drawn::Drawn;
use crate::clock::now_ms;
use crate::faults::FaultPoint;
use crate::keyring::{Keyring, Signing};
use crate::message::ledger::{POSTS_MAX, UnpostedReceipts};
use crate::message::log_writer::Committed;
use crate::message::scope::{ClosedScope, Invoke};
use crate::message::supervisor::Down;
use crate::shared::Shared;

/// How long a receipt may stay unposted when nobody asks the ledger.
const POST_INTERVAL: Duration = Duration::from_millis(1);

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
    pub(super) shared: Arc<Shared>,
    pub(super) scope: Did,
    pub(super) chain: Chain,
    pub(super) modules: BTreeMap<BlockId, Arc<Module>>,
    /// What the log says of the scope's keys.
    pub(super) keys: Keys,
    /// Those that are on the host.
    pub(super) keyring: Keyring,
    /// The one that signed last, while it may.
    pub(super) signing: Option<Signing>,
    /// From this time on, in milliseconds since the Unix epoch, a person is to be warned that the keys on the host end. None
    /// once that was done.
    pub(super) warn_from: Option<u64>,
    pub(super) generation: Arc<Generation>,
    pub(super) stamp: Stamp,
    pub(super) drawn: Drawn,
    /// Receipts that were handed over and not posted yet. A run that asks the ledger posts them first.
    pub(super) unposted: UnpostedReceipts,
    post_is_due: bool,
    /// How long this scope has worked since it last gave way to the others on its arbiter.
    pub(super) turn_used: Duration,
    /// Whether the log has the engine's description already.
    pub(super) engine_described: bool,
    /// An invocation that waits until other scopes are paused for it.
    pub(super) suspended: Option<Invoke>,
    /// Invocations that came after it, in their order.
    pub(super) waiting: VecDeque<Invoke>,
    /// Who waits for this actor to end, once it has nothing left to do.
    pub(super) closing: Option<oneshot::Sender<ClosedScope>>,
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
            drawn: Drawn::default(),
            unposted: UnpostedReceipts::default(),
            post_is_due: false,
            turn_used: Duration::ZERO,
            engine_described,
            suspended: None,
            waiting: VecDeque::new(),
            closing: None,
        };
        scope.watch_end(now_ms());
        scope
    }

    /// Posts to the ledger all receipts that were handed over.
    pub(super) fn post(&self) {
        self.shared.ledger.post_all(&self.unposted);
    }

    /// Posts now when enough has come together, else soon.
    pub(super) fn schedule_post(&mut self, ctx: &mut Context<Self>) {
        if self.unposted.len() >= POSTS_MAX {
            self.post();
        } else if !std::mem::replace(&mut self.post_is_due, true) {
            ctx.run_later(POST_INTERVAL, |actor, _| {
                actor.post_is_due = false;
                actor.post();
            });
        }
    }

    pub(super) fn refuse(&self, answer: oneshot::Sender<Result<Committed, Refusal>>, refusal: Refusal) {
        self.shared.count_refusal(refusal.code);
        let _ = answer.send(Err(refusal));
    }

    /// Stops this actor; the supervisor makes another one.
    pub(super) fn go_down(&mut self, what: String, ctx: &mut Context<Self>) {
        self.shared.supervisor.do_send(Down { scope: self.scope, stamp: self.stamp, what });
        ctx.stop();
    }

    /// Panics where a test injects a fault.
    pub(super) fn fault(&self, point: FaultPoint) {
        assert!(!self.shared.faults.at(point), "an injected fault at {point:?}");
    }
}

impl Actor for Scope {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        // Each invocation holds one of the scope's places; a few messages need none.
        ctx.set_mailbox_capacity(limits::SCOPE_MAILBOX_MESSAGES_MAX + 64);
    }
}
