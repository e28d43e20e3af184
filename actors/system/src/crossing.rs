//! Scopes that hold still for another: who may cross to whom, and when.
//!
//! An invocation that moves units to other scopes needs them to hold still from the first look at their books to the
//! hand-over, or what its guest was told would not be what an auditor finds at its place in the log. So a scope whose
//! run asks for another drops the run, sets the invocation aside, and asks here. When no crossing that was asked for
//! before has a scope in common, each of the others is asked to *lend* itself: between two of its own invocations it
//! says what decides its leg ([`Still`]) and waits. Then the invocation runs again, from the start.
//!
//! Nobody waits for a scope while it holds still itself: a scope that has set an invocation aside still lends itself to
//! crossings that were asked for before. So there is no circle of scopes that wait for each other, whatever they cross.
//!
//! A scope that is lent is the owner of its chain all the while. It is given back with its leg, or without one.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, Handler, Message, WrapFuture as _};
use futures::channel::oneshot;
use icn_core::crossing::{Leg, Still};
use icn_core::id::{BlockId, Did};
use icn_core::limits;
use icn_core::refusal::{Refusal, RefusalCode};
use icn_core::sign::SecretKey;
use icn_sync::{Generation, Stamp};

use crate::scope::Lend;
use crate::shared::Shared;

/// What becomes of a scope that was lent.
#[derive(Debug)]
pub(crate) enum Returned {
    /// Nothing was handed over in its name.
    Unused,
    /// This leg is in the queue, under this envelope.
    Leg(Box<Leg>, BlockId),
    /// Whoever had it is gone, and may have handed a leg over: the log tells.
    Lost,
}

/// A scope that holds still. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Loan {
    pub(crate) still: Still,
    pub(crate) key: Arc<SecretKey>,
    pub(crate) generation: Arc<Generation>,
    pub(crate) stamp: Stamp,
    back: Option<oneshot::Sender<Returned>>,
    /// Whether a leg may have been handed over that it was not told of.
    armed: bool,
}

impl Loan {
    /// A scope's own, and where it hears what became of it.
    pub(crate) fn new(
        still: Still,
        key: Arc<SecretKey>,
        generation: Arc<Generation>,
        stamp: Stamp,
    ) -> (Self, oneshot::Receiver<Returned>) {
        let (back, returned) = oneshot::channel();
        (Self { still, key, generation, stamp, back: Some(back), armed: false }, returned)
    }
    /// From here on a leg may be in the queue.
    pub(crate) const fn arm(&mut self) {
        self.armed = true;
    }
    /// None is.
    pub(crate) const fn disarm(&mut self) {
        self.armed = false;
    }
    /// Gives it back with the leg that is in the queue.
    pub(crate) fn give_back(mut self, leg: Leg, envelope: BlockId) {
        self.answer(Returned::Leg(Box::new(leg), envelope));
    }
    fn answer(&mut self, returned: Returned) {
        if let Some(back) = self.back.take() {
            // A scope that is gone is taken up from the log.
            let _ = back.send(returned);
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.answer(if self.armed { Returned::Lost } else { Returned::Unused });
    }
}

/// The scopes that were asked for hold still, until the receiver of `over` hears.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) loans: Vec<Loan>,
    /// Dropped when the crossing is over.
    pub(crate) over: oneshot::Sender<()>,
}

/// Asks for other scopes to hold still.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Cross {
    pub(crate) scope: Did,
    pub(crate) needs: BTreeSet<Did>,
    pub(crate) answer: oneshot::Sender<Result<Granted, Refusal>>,
}

impl Cross {
    fn all(&self) -> BTreeSet<Did> {
        self.needs.iter().copied().chain([self.scope]).collect()
    }
}

/// The actor.
#[derive(Default)]
pub(crate) struct Crossings {
    shared: Option<Arc<Shared>>,
    /// Scopes of crossings that are going on.
    active: BTreeSet<Did>,
    /// In the order in which they were asked for. At most one of each scope.
    waiting: VecDeque<Cross>,
}

impl Actor for Crossings {
    type Context = Context<Self>;
}

/// Gives the actor the address book.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct BeginCrossings(pub(crate) Arc<Shared>);

impl Handler<BeginCrossings> for Crossings {
    type Result = ();
    fn handle(&mut self, BeginCrossings(shared): BeginCrossings, _: &mut Self::Context) {
        self.shared = Some(shared);
    }
}

/// Lets go of everything, so that the host can end.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndCrossings;

impl Handler<EndCrossings> for Crossings {
    type Result = ();
    fn handle(&mut self, _: EndCrossings, _: &mut Self::Context) {
        self.shared = None;
        self.waiting.clear();
    }
}

impl Handler<Cross> for Crossings {
    type Result = ();
    fn handle(&mut self, cross: Cross, ctx: &mut Self::Context) {
        self.waiting.push_back(cross);
        self.begin(ctx);
    }
}

impl Crossings {
    /// Begins every crossing that has no scope in common with one that goes on or was asked for before it.
    fn begin(&mut self, ctx: &mut Context<Self>) {
        let mut taken = self.active.clone();
        let mut rest = VecDeque::new();
        for cross in std::mem::take(&mut self.waiting) {
            let all = cross.all();
            if taken.is_disjoint(&all) {
                self.active.extend(&all);
                self.start(cross, ctx);
            } else {
                rest.push_back(cross);
            }
            taken.extend(all);
        }
        self.waiting = rest;
    }

    fn start(&mut self, cross: Cross, ctx: &mut Context<Self>) {
        let Some(shared) = self.shared.clone() else { return };
        let all = cross.all();
        let crossing = async move {
            let granted = borrow(&shared, &cross.needs).await.map(|loans| {
                let (over, ended) = oneshot::channel();
                (Granted { loans, over }, ended)
            });
            let (granted, ended) = match granted {
                Ok((granted, ended)) => (Ok(granted), Some(ended)),
                Err(refusal) => (Err(refusal), None),
            };
            // When the scope is gone, what it was lent is dropped with the answer.
            let _ = cross.answer.send(granted);
            if let Some(ended) = ended {
                let _ = ended.await;
            }
        };
        ctx.spawn(crossing.into_actor(self).map(move |(), actor, ctx| {
            actor.active.retain(|scope| !all.contains(scope));
            actor.begin(ctx);
        }));
    }
}

/// Asks each of these scopes to hold still, all at once, and waits for all of them.
async fn borrow(shared: &Shared, needs: &BTreeSet<Did>) -> Result<Vec<Loan>, Refusal> {
    let began = std::time::Instant::now();
    let lent = futures::future::try_join_all(needs.iter().map(|scope| ask(shared, *scope)));
    let longest = Duration::from_millis(limits::CROSSING_WAIT_MS_MAX);
    let lent = actix_rt::time::timeout(longest, lent).await.unwrap_or_else(|_| {
        let what = "a counterpart has not come to hold still for this invocation, which had no effect";
        Err(Refusal::new(RefusalCode::Busy, what).retry_after_ms(1000))
    });
    metrics::histogram!("icn_crossing_wait_seconds").record(began.elapsed().as_secs_f64());
    lent
}

async fn ask(shared: &Shared, scope: Did) -> Result<Loan, Refusal> {
    let unavailable = |why: &str| {
        let what = format!("the counterpart {scope} {why}; the invocation had no effect");
        Refusal::new(RefusalCode::Unavailable, what)
    };
    let listing = shared.book.get(&scope).map(|listing| (listing.addr.clone(), listing.quarantined));
    let addr = match listing {
        None => return Err(unavailable("is not on this host")),
        Some((_, true)) => return Err(unavailable("is quarantined")),
        Some((None, _)) => return Err(unavailable("is restarting").retry_after_ms(100)),
        Some((Some(addr), _)) => addr,
    };
    let restarting = || unavailable("is restarting").retry_after_ms(100);
    let (answer, lent) = oneshot::channel();
    addr.send(Lend(answer)).await.map_err(|_| restarting())?;
    lent.await.map_err(|_| restarting())
}
