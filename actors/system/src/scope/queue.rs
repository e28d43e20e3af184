//! Which invocation is next.
//!
//! As a rule the mailbox is the queue. While an invocation is suspended, because it waits for other scopes to be paused,
//! those that come after it wait in [`Scope::waiting`]: it keeps its turn. Whatever goes on afterwards comes by the
//! mailbox, as everything that runs here. The actor ends once nothing is suspended and nothing waits.

use std::collections::BTreeSet;

use actix::{
    ActorContext as _, ActorFutureExt as _, AsyncContext as _, Context, Handler, Message, WrapFuture as _,
};
use futures::channel::oneshot;
use icn_core::name::Did;
use icn_core::rules::Refusal;

use super::actor::Scope;
use crate::fail_stop::host_stopped;
use crate::message::crossing::{Cross, Paused};
use crate::message::scope::{CloseScope, ClosedScope, Invoke};

impl Handler<Invoke> for Scope {
    type Result = ();
    fn handle(&mut self, invoke: Invoke, ctx: &mut Self::Context) {
        if self.suspended.is_some() || !self.waiting.is_empty() {
            self.waiting.push_back(invoke);
        } else {
            self.invoke(invoke, None, ctx);
        }
    }
}

/// Says that the scopes which a suspended invocation needs are paused, or why not.
#[derive(Message)]
#[rtype(result = "()")]
struct CrossingReady(Result<Paused, Refusal>);

impl Handler<CrossingReady> for Scope {
    type Result = ();
    fn handle(&mut self, CrossingReady(paused): CrossingReady, ctx: &mut Self::Context) {
        let Some(invoke) = self.suspended.take() else { return };
        match paused {
            Ok(paused) => self.invoke(invoke, Some(paused), ctx),
            Err(refusal) => self.refuse(invoke.answer, refusal),
        }
        ctx.address().do_send(GoOn);
    }
}

/// Goes on with what waits behind an invocation that was suspended.
#[derive(Message)]
#[rtype(result = "()")]
struct GoOn;

impl Handler<GoOn> for Scope {
    type Result = ();
    fn handle(&mut self, _: GoOn, ctx: &mut Self::Context) {
        self.go_on(ctx);
    }
}

impl Handler<CloseScope> for Scope {
    type Result = ();
    fn handle(&mut self, CloseScope(answer): CloseScope, ctx: &mut Self::Context) {
        self.closing = Some(answer);
        self.go_on(ctx);
    }
}

impl Scope {
    /// Suspends an invocation until these scopes are paused for it.
    pub(super) fn suspend(&mut self, invoke: Invoke, needs: BTreeSet<Did>, ctx: &mut Context<Self>) {
        let (answer, paused) = oneshot::channel();
        self.shared.crossings.do_send(Cross { scope: self.scope, needs, answer });
        self.suspended = Some(invoke);
        // By the mailbox: a spawned future is polled once more after a message made the actor wait, and would go on in the
        // middle of what it waits for.
        ctx.spawn(paused.into_actor(self).map(|paused, _, ctx| {
            ctx.address().do_send(CrossingReady(paused.unwrap_or_else(|_| Err(host_stopped()))));
        }));
    }

    /// Runs the next invocation that waits behind a suspended one; or ends, when somebody waits for the end.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        if self.suspended.is_some() {
            return;
        }
        if let Some(invoke) = self.waiting.pop_front() {
            self.invoke(invoke, None, ctx);
            if !self.waiting.is_empty() || self.closing.is_some() {
                ctx.address().do_send(GoOn);
            }
        } else if let Some(answer) = self.closing.take() {
            self.post();
            ctx.stop();
            let closed = ClosedScope { chain: self.chain.parts(), engine_described: self.engine_described };
            let _ = answer.send(closed);
        }
    }
}
