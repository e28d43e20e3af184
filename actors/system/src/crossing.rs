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
use icn_core::block::Leg;
use icn_core::fold::crossing::Still;
use icn_core::limits;
use icn_core::name::{BlockId, Did};
use icn_core::rules::keys::Keys;
use icn_core::rules::{Refusal, RefusalCode};
use icn_sync::{Generation, Stamp};

use crate::keyring::{Keyring, Signing};
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
    keys: Keys,
    keyring: Keyring,
    /// Who signs its leg, once its time is known.
    pub(crate) signing: Option<Signing>,
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
        (keys, keyring): (Keys, Keyring),
        generation: Arc<Generation>,
        stamp: Stamp,
    ) -> (Self, oneshot::Receiver<Returned>) {
        let (back, returned) = oneshot::channel();
        (
            Self { still, keys, keyring, signing: None, generation, stamp, back: Some(back), armed: false },
            returned,
        )
    }
    /// Whether a key that is here may sign a leg of this time; it is the one that will.
    pub(crate) fn sign_at(&mut self, time: u64) -> bool {
        self.signing = self.keyring.signing(&self.keys, time);
        self.signing.is_some()
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

/// Whose turn it is: what was asked for with a set of scopes begins when none that was asked for before, and is not over,
/// has a scope in common with it.
#[derive(Debug)]
struct Turns<T> {
    active: BTreeSet<Did>,
    /// In the order in which it was asked for.
    waiting: VecDeque<(BTreeSet<Did>, T)>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Self { active: BTreeSet::new(), waiting: VecDeque::new() }
    }
}

impl<T> Turns<T> {
    fn ask(&mut self, scopes: BTreeSet<Did>, what: T) {
        self.waiting.push_back((scopes, what));
    }

    /// Everything that begins now; its scopes are taken until they are [given back](Self::end).
    fn begin(&mut self) -> Vec<(BTreeSet<Did>, T)> {
        let (mut taken, mut rest, mut begins) = (self.active.clone(), VecDeque::new(), Vec::new());
        for (scopes, what) in std::mem::take(&mut self.waiting) {
            let is_free = taken.is_disjoint(&scopes);
            taken.extend(&scopes);
            if is_free {
                self.active.extend(&scopes);
                begins.push((scopes, what));
            } else {
                rest.push_back((scopes, what));
            }
        }
        self.waiting = rest;
        begins
    }

    fn end(&mut self, scopes: &BTreeSet<Did>) {
        self.active.retain(|scope| !scopes.contains(scope));
    }
}

/// The actor.
#[derive(Default)]
pub(crate) struct Crossings {
    shared: Option<Arc<Shared>>,
    turns: Turns<Cross>,
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
        self.turns.waiting.clear();
    }
}

impl Handler<Cross> for Crossings {
    type Result = ();
    fn handle(&mut self, cross: Cross, ctx: &mut Self::Context) {
        self.turns.ask(cross.all(), cross);
        self.begin(ctx);
    }
}

impl Crossings {
    fn begin(&mut self, ctx: &mut Context<Self>) {
        for (scopes, cross) in self.turns.begin() {
            self.start(scopes, cross, ctx);
        }
    }

    fn start(&mut self, scopes: BTreeSet<Did>, cross: Cross, ctx: &mut Context<Self>) {
        let Some(shared) = self.shared.clone() else { return };
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
            actor.turns.end(&scopes);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(of: u32) -> BTreeSet<Did> {
        (0..4u8).filter(|n| of >> n & 1 == 1).map(|n| Did::from_key([n; 32])).collect()
    }

    /// Goes on in every way: any crossing that goes on may end next, until all that was asked for has had its turn.
    fn every_end(
        turns: &Turns<usize>,
        going: &[(BTreeSet<Did>, usize)],
        asked: &[u32],
        begun: usize,
    ) -> usize {
        if going.is_empty() {
            assert!(turns.waiting.is_empty() && begun == asked.len(), "what was asked for has its turn");
            return 1;
        }
        let mut ways = 0;
        for ends in 0..going.len() {
            let mut turns = Turns { active: turns.active.clone(), waiting: turns.waiting.clone() };
            let mut going = going.to_vec();
            let (over, _) = going.swap_remove(ends);
            turns.end(&over);
            let begins = turns.begin();
            for (scopes, at) in &begins {
                let before = turns.waiting.iter().filter(|(_, earlier)| earlier < at);
                assert!(
                    before.clone().all(|(others, _)| others.is_disjoint(scopes)),
                    "{at} has passed another"
                );
                assert!(going.iter().all(|(others, _)| others.is_disjoint(scopes)), "{at} shares a scope");
            }
            let now = begun + begins.len();
            going.extend(begins);
            ways += every_end(&turns, &going, asked, now);
        }
        ways
    }

    #[test]
    fn crossings_share_no_scope_pass_no_earlier_one_and_all_have_their_turn() {
        // Every five crossings of two or three of four scopes, in every order in which they may end.
        let sets: Vec<u32> = (0..16).filter(|of: &u32| matches!(of.count_ones(), 2 | 3)).collect();
        let mut ways = 0;
        for n in 0..sets.len().pow(5) {
            let asked: Vec<u32> = (0..5).map(|at| sets[n / sets.len().pow(at) % sets.len()]).collect();
            let mut turns = Turns::default();
            asked.iter().enumerate().for_each(|(at, of)| turns.ask(scopes(*of), at));
            let going = turns.begin();
            let begun = going.len();
            ways += every_end(&turns, &going, &asked, begun);
        }
        assert!(ways >= sets.len().pow(5), "{ways}");
    }
}
