//! The ledger's actor: its state, its mailbox, and the questions about what is posted.
//!
//! Its arbiter is its own. It keeps polling for a moment after each question of a guest (`spin_wait.rs`), since the guest
//! waits for the answer and soon asks again.

use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext as _, Context, Handler, MessageResult, WrapFuture as _};
use icn_core::ledger::Ledger;

use crate::fail_stop::FailStop;
use crate::message::ledger::{AskAccount, AskBooks, AskForSnapshot, LedgerMailbox};
use crate::spin_wait::SpinWait;

/// The mailbox holds every scope's requests at once; posts are bounded by the hand-overs in flight.
const MAILBOX_MESSAGES_MAX: usize = 65_536;

/// The actor.
#[derive(Debug)]
pub(crate) struct LedgerActor {
    pub(super) ledger: Ledger,
    pub(super) fail_stop: FailStop,
    /// Keeps the actor polling. None before it started.
    spin_wait: Option<SpinWait>,
}

impl LedgerActor {
    pub(crate) fn new(ledger: Ledger, fail_stop: FailStop) -> Self {
        Self { ledger, fail_stop, spin_wait: None }
    }

    /// What scopes and their runs may send to it.
    pub(crate) fn mailbox(addr: &Addr<Self>) -> Arc<LedgerMailbox> {
        Arc::new(LedgerMailbox {
            draw: addr.clone().recipient(),
            caps: addr.clone().recipient(),
            stage: addr.clone().recipient(),
            authorize: addr.clone().recipient(),
            balance: addr.clone().recipient(),
            hold: addr.clone().recipient(),
            drop_staged: addr.clone().recipient(),
            post: addr.clone().recipient(),
        })
    }

    /// Notes that a guest asked: it waits for the answer, and may ask more.
    pub(super) fn a_guest_asked(&self) {
        if let Some(spin_wait) = &self.spin_wait {
            spin_wait.restart();
        }
    }
}

impl Actor for LedgerActor {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_MESSAGES_MAX);
        let (spin_wait, polling) = SpinWait::new();
        self.spin_wait = Some(spin_wait);
        ctx.spawn(polling.into_actor(self));
    }
}

impl Handler<AskAccount> for LedgerActor {
    type Result = MessageResult<AskAccount>;
    fn handle(&mut self, AskAccount(id): AskAccount, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.ledger.account(&id).unwrap_or_default())
    }
}

impl Handler<AskBooks> for LedgerActor {
    type Result = MessageResult<AskBooks>;
    fn handle(&mut self, _: AskBooks, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.ledger.books())
    }
}

impl Handler<AskForSnapshot> for LedgerActor {
    type Result = MessageResult<AskForSnapshot>;
    fn handle(&mut self, _: AskForSnapshot, _: &mut Self::Context) -> Self::Result {
        MessageResult((self.ledger.books(), self.ledger.remembered()))
    }
}
