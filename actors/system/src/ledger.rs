//! The ledger's actor: receives a message, calls the machine, replies. It fails stop: a ledger that does not
//! balance is never carried on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext as _, Addr, AsyncContext as _, Context, Handler, Message, MessageResult,
    WrapFuture as _,
};
use crossbeam::queue::SegQueue;
use futures::FutureExt as _;
use icn_core::block::{Issue, Leg, Operation, Receipt};
use icn_core::ledger::{
    Account, Actor as Asker, Applied, AuditEvent, Booking, Books, CommandId, Context as LedgerContext,
    Event as LedgerEvent, HoldState, Ledger, LedgerRefusal, Remembered, Subject,
};
use icn_core::limits;
use icn_core::name::{AccountId, Did, HoldId, Owner, Unit};
use icn_core::rules::PolicyInForce;
use icn_sandbox::{LedgerPort, PortAnswer, PortError, counterpart_consent};

use crate::awake::{Awake, soon};
use crate::shared::FailStop;

/// The mailbox holds every scope's requests at once; posts are bounded by the hand-overs in flight.
const MAILBOX_MESSAGES_MAX: usize = 65_536;

/// The actor.
#[derive(Debug)]
pub(crate) struct LedgerActor {
    ledger: Ledger,
    fail_stop: FailStop,
    /// From the start on: guests that ask wait for each answer.
    awake: Option<Awake>,
}

impl LedgerActor {
    pub(crate) fn new(ledger: Ledger, fail_stop: FailStop) -> Self {
        Self { ledger, fail_stop, awake: None }
    }

    /// A guest waits for the answer, and may ask more.
    fn asked(&self) {
        if let Some(awake) = &self.awake {
            awake.asked();
        }
    }
}

impl Actor for LedgerActor {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_MESSAGES_MAX);
        let (awake, stays) = Awake::new();
        self.awake = Some(awake);
        ctx.spawn(stays.into_actor(self));
    }
}

/// Sets resources aside for a scope: unit, what is needed, what would be welcome. One answer each.
#[derive(Message)]
#[rtype(result = "Vec<Result<u64, LedgerRefusal>>")]
pub(crate) struct Draw {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
    pub(crate) wants: Vec<(Unit, u64, u64)>,
}

impl Handler<Draw> for LedgerActor {
    type Result = MessageResult<Draw>;
    fn handle(&mut self, draw: Draw, _: &mut Self::Context) -> Self::Result {
        let one = |(unit, needed, amount): &(Unit, u64, u64)| {
            let answer = self.ledger.draw(draw.scope, unit, *needed, *amount);
            answer.inspect_err(|refusal| {
                let subject = || of_treasury(draw.scope, unit, *needed);
                tell_refused(draw.time, &draw.asker, "draw", subject, refusal);
            })
        };
        MessageResult(draw.wants.iter().map(one).collect())
    }
}

/// Does an operation of a scope's running invocation, for it alone to see.
#[derive(Message)]
#[rtype(result = "Result<(), LedgerRefusal>")]
pub(crate) struct Stage {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
    pub(crate) operation: Operation,
}

impl Handler<Stage> for LedgerActor {
    type Result = Result<(), LedgerRefusal>;
    fn handle(&mut self, stage: Stage, _: &mut Self::Context) -> Self::Result {
        self.asked();
        let Stage { scope, time, asker, operation } = stage;
        let what = operation.name();
        let subject = if somebody_listens() { operation.subject(scope) } else { Default::default() };
        let answer = self.ledger.stage(scope, time, &asker, operation);
        answer.inspect_err(|refusal| tell_refused(time, &asker, what, || subject, refusal))
    }
}

/// Asks whether a scope's running invocation may spend so much of an account.
#[derive(Message)]
#[rtype(result = "Result<(), LedgerRefusal>")]
pub(crate) struct Authorize {
    scope: Did,
    time: u64,
    asker: Arc<Asker>,
    account: (Owner, Unit),
    amount: u64,
}

impl Handler<Authorize> for LedgerActor {
    type Result = Result<(), LedgerRefusal>;
    fn handle(&mut self, ask: Authorize, _: &mut Self::Context) -> Self::Result {
        self.asked();
        let Authorize { scope, time, asker, account: (owner, unit), amount } = ask;
        let id = AccountId { scope, owner: owner.clone(), unit: unit.clone() };
        let answer = self.ledger.authorize_staged(scope, time, &asker, (owner, unit), amount);
        let subject = || (Some(id), None, Some(amount));
        answer.inspect_err(|refusal| tell_refused(time, &asker, "authorize", subject, refusal))
    }
}

/// Asks whether the caps let an invocation run that needs so much: what they leave it of storage, if they do.
#[derive(Message)]
#[rtype(result = "Result<Option<u64>, LedgerRefusal>")]
pub(crate) struct AskCaps {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
    pub(crate) needs: [(Unit, u64); 3],
}

impl Handler<AskCaps> for LedgerActor {
    type Result = Result<Option<u64>, LedgerRefusal>;
    fn handle(&mut self, ask: AskCaps, _: &mut Self::Context) -> Self::Result {
        let allowed = self.ledger.caps_allow(ask.scope, &ask.asker, ask.time, &ask.needs);
        allowed.inspect_err(|refusal| {
            let capped = |(unit, _): &&(Unit, u64)| refusal.cap.as_ref().is_some_and(|cap| cap.unit == *unit);
            let subject = || {
                let need = ask.needs.iter().find(capped);
                need.map(|(unit, amount)| of_treasury(ask.scope, unit, *amount)).unwrap_or_default()
            };
            tell_refused(ask.time, &ask.asker, "run", subject, refusal);
        })?;
        Ok(self.ledger.cap_left(ask.scope, &Unit::storage(), &ask.asker, ask.time))
    }
}

/// Forgets what a scope's run did.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Void(pub(crate) Did);

impl Handler<Void> for LedgerActor {
    type Result = ();
    fn handle(&mut self, Void(scope): Void, _: &mut Self::Context) {
        self.ledger.void(&scope);
    }
}

/// A receipt that was handed over, and whose invocation it was.
#[derive(Debug, Clone)]
pub(crate) struct Posting {
    pub(crate) receipt: Arc<Receipt>,
    pub(crate) asker: Arc<Asker>,
    /// What other scopes signed along with it.
    pub(crate) legs: Vec<Leg>,
}

/// Receipts that the ledger was not told of yet, in their order.
pub(crate) type Untold = Arc<SegQueue<Posting>>;

/// Books receipts that were handed over, in their order.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Post(pub(crate) Vec<Posting>);

impl Handler<Post> for LedgerActor {
    type Result = ();
    fn handle(&mut self, Post(postings): Post, ctx: &mut Self::Context) {
        for Posting { receipt, asker, legs } in postings {
            let (nobody, why) = (Asker::default(), || format!("invocation {}", receipt.invocation));
            let booked = self.ledger.post(&Booking::of_receipt(&receipt, &asker), receipt.outcome.is_ok());
            let booked = booked.and_then(|applied| {
                tell_applied(&self.ledger, &asker, &applied, why);
                legs.iter().try_for_each(|leg| {
                    let applied = self.ledger.book(&Booking::of_leg(&leg, &nobody))?;
                    tell_applied(&self.ledger, &asker, &applied, why);
                    Ok(())
                })
            });
            match booked {
                Ok(()) => {}
                Err(error) => {
                    let what = format!(
                        "the ledger cannot book receipt {} of {}: {error}",
                        receipt.seq, receipt.scope
                    );
                    self.fail_stop.stop(what);
                    ctx.stop();
                    return;
                }
            }
        }
    }
}

/// Books what a policy issues.
#[derive(Message)]
#[rtype(result = "Result<(), LedgerRefusal>")]
pub(crate) struct IssueUnits {
    pub(crate) scope: Did,
    pub(crate) time: u64,
    pub(crate) issues: Vec<Issue>,
}

impl Handler<IssueUnits> for LedgerActor {
    type Result = Result<(), LedgerRefusal>;
    fn handle(&mut self, issue: IssueUnits, _: &mut Self::Context) -> Self::Result {
        let IssueUnits { scope, time, issues } = issue;
        self.ledger.issue(scope, &issues)?;
        for Issue { unit, to, amount } in issues.into_iter().filter(|_| somebody_listens()) {
            let account = |owner, unit| Some(AccountId { scope, owner, unit });
            let subject = (account(Owner::Issuance, unit.clone()), account(to, unit), Some(amount));
            let context = LedgerContext { reason: "policy".to_owned(), ..LedgerContext::runtime(time) };
            let event = AuditEvent::of(&context, "posted").about(subject);
            tracing::info!(target: "icn::audit", "{event}");
        }
        Ok(())
    }
}

/// Takes a scope's accounts from a fold of the log: its actor is gone.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Adopt {
    pub(crate) scope: Did,
    pub(crate) fold: Ledger,
}

impl Handler<Adopt> for LedgerActor {
    type Result = ();
    fn handle(&mut self, adopt: Adopt, _: &mut Self::Context) {
        self.ledger.adopt(adopt.scope, &adopt.fold);
    }
}

/// Asks for an account's counters; zeros when it was never used.
#[derive(Message)]
#[rtype(result = "Account")]
pub(crate) struct Balance(pub(crate) AccountId);

impl Handler<Balance> for LedgerActor {
    type Result = MessageResult<Balance>;
    fn handle(&mut self, Balance(id): Balance, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.ledger.account(&id).unwrap_or_default())
    }
}

/// Asks for a balance as a scope's running invocation sees it.
#[derive(Message)]
#[rtype(result = "i128")]
pub(crate) struct BalanceStaged {
    scope: Did,
    time: u64,
    owner: Owner,
    unit: Unit,
}

impl Handler<BalanceStaged> for LedgerActor {
    type Result = MessageResult<BalanceStaged>;
    fn handle(&mut self, ask: BalanceStaged, _: &mut Self::Context) -> Self::Result {
        self.asked();
        MessageResult(self.ledger.balance_staged(ask.scope, ask.time, &ask.owner, &ask.unit))
    }
}

/// Asks for an open hold as a scope's running invocation sees it.
#[derive(Message)]
#[rtype(result = "Option<HoldState>")]
pub(crate) struct AskHold {
    scope: Did,
    time: u64,
    id: HoldId,
}

impl Handler<AskHold> for LedgerActor {
    type Result = MessageResult<AskHold>;
    fn handle(&mut self, ask: AskHold, _: &mut Self::Context) -> Self::Result {
        self.asked();
        MessageResult(self.ledger.open_hold(ask.scope, ask.time, &ask.id))
    }
}

/// Asks for everything that is posted.
#[derive(Message)]
#[rtype(result = "Books")]
pub(crate) struct AskBooks;

impl Handler<AskBooks> for LedgerActor {
    type Result = MessageResult<AskBooks>;
    fn handle(&mut self, _: AskBooks, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.ledger.books())
    }
}

/// What clients' ids were answered.
pub(crate) type Answered = Vec<(Did, CommandId, Remembered)>;

/// Asks for what a snapshot keeps of the ledger.
#[derive(Message)]
#[rtype(result = "(Books, Answered)")]
pub(crate) struct AskAll;

impl Handler<AskAll> for LedgerActor {
    type Result = MessageResult<AskAll>;
    fn handle(&mut self, _: AskAll, _: &mut Self::Context) -> Self::Result {
        MessageResult((self.ledger.books(), self.ledger.remembered()))
    }
}

/// Whether what happens is told to anybody: whoever does not listen does not pay for the words.
fn somebody_listens() -> bool {
    tracing::enabled!(target: "icn::audit", tracing::Level::INFO)
}

/// So much of a scope's resource.
fn of_treasury(scope: Did, unit: &Unit, amount: u64) -> Subject {
    (Some(AccountId { scope, owner: Owner::Treasury, unit: unit.clone() }), None, Some(amount))
}

/// Tells of what was booked: who, what, how much, why; and counts soft thresholds that were passed.
fn tell_applied(ledger: &Ledger, asker: &Asker, applied: &Applied, why: impl FnOnce() -> String) {
    let warned = applied.events.iter().filter(|event| matches!(event, LedgerEvent::Warned(_))).count();
    if warned > 0 {
        metrics::counter!("icn_ledger_warnings_total").increment(warned as u64);
    }
    if warned == 0 && !somebody_listens() {
        return;
    }
    let context =
        LedgerContext { actor: asker.clone(), reason: why(), ..LedgerContext::runtime(applied.time) };
    for event in ledger.audit_applied(&context, applied) {
        if event.what == "warned" {
            tracing::warn!(target: "icn::audit", "{event}");
        } else {
            tracing::info!(target: "icn::audit", "{event}");
        }
    }
}

/// Tells of what was refused, and counts it.
fn tell_refused(
    time: u64,
    asker: &Asker,
    what: &'static str,
    subject: impl FnOnce() -> Subject,
    refusal: &LedgerRefusal,
) {
    metrics::counter!("icn_ledger_refusals_total", "code" => refusal.code.as_str()).increment(1);
    if somebody_listens() {
        let context = LedgerContext { actor: asker.clone(), ..LedgerContext::runtime(time) };
        let event = AuditEvent::refused(&context, what, refusal).about(subject());
        tracing::info!(target: "icn::audit", "{event}");
    }
}

/// The ledger as a running guest asks it.
#[derive(Debug, Clone)]
pub(crate) struct Port {
    pub(crate) scope: Did,
    /// The invocation's, at which holds are past their deadline.
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
    pub(crate) ledger: Addr<LedgerActor>,
    pub(crate) untold: Untold,
    /// The policies of the scopes that hold still for the run.
    pub(crate) beside: Vec<Arc<PolicyInForce>>,
    /// How long the run's host calls may still wait for the ledger.
    pub(crate) wait_left: Duration,
}

impl Port {
    /// A run's port: `time` is what the run is told.
    pub(crate) fn new(
        scope: Did,
        time: u64,
        asker: Arc<Asker>,
        ledger: Addr<LedgerActor>,
        untold: Untold,
        beside: Vec<Arc<PolicyInForce>>,
    ) -> Self {
        let wait_left = Duration::from_millis(limits::HOST_CALLS_WAIT_MS_MAX);
        Self { scope, time, asker, ledger, untold, beside, wait_left }
    }
}

/// Tells the ledger of receipts that were handed over, in their order: before anything is asked of it.
pub(crate) fn tell_ledger(ledger: &Addr<LedgerActor>, untold: &SegQueue<Posting>) {
    let postings: Vec<Posting> = std::iter::from_fn(|| untold.pop()).collect();
    if !postings.is_empty() {
        ledger.do_send(Post(postings));
    }
}

/// Waits for an answer as long as is left of what a run's host calls may wait together.
async fn within<T, E>(
    left: &mut Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, PortError> {
    let began = Instant::now();
    let answer = actix_rt::time::timeout(*left, soon(answer)).await;
    *left = left.saturating_sub(began.elapsed());
    answer.ok().and_then(Result::ok).ok_or(PortError::Closed)
}

impl LedgerPort for Port {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        match counterpart_consent(&self.beside, self.scope, &operation) {
            Ok(Ok(())) => {}
            Ok(Err(refusal)) => {
                let subject = || operation.subject(self.scope);
                tell_refused(self.time, &self.asker, operation.name(), subject, &refusal);
                return futures::future::ready(Ok(Err(refusal))).boxed();
            }
            Err(error) => return futures::future::ready(Err(error)).boxed(),
        }
        tell_ledger(&self.ledger, &self.untold);
        let asker = self.asker.clone();
        let answer = self.ledger.send(Stage { scope: self.scope, time: self.time, asker, operation });
        within(&mut self.wait_left, answer).boxed()
    }
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        tell_ledger(&self.ledger, &self.untold);
        let (asker, account) = (self.asker.clone(), (owner, unit));
        let ask = Authorize { scope: self.scope, time: self.time, asker, account, amount };
        let answer = self.ledger.send(ask);
        within(&mut self.wait_left, answer).boxed()
    }
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        tell_ledger(&self.ledger, &self.untold);
        let answer = self.ledger.send(BalanceStaged { scope: self.scope, time: self.time, owner, unit });
        within(&mut self.wait_left, answer).boxed()
    }
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        tell_ledger(&self.ledger, &self.untold);
        let answer = self.ledger.send(AskHold { scope: self.scope, time: self.time, id });
        within(&mut self.wait_left, answer).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_waits_so_long_for_the_ledger_and_no_longer_over_all_its_calls() {
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut left = Duration::from_millis(30);
            assert_eq!(within(&mut left, async { Ok::<_, ()>(7) }).await, Ok(7));
            assert_eq!(within(&mut left, async { Err::<(), _>("gone") }).await, Err(PortError::Closed));
            assert!(left > Duration::ZERO, "answers that are there cost nothing to speak of");
            let slow = async {
                actix_rt::time::sleep(Duration::from_millis(20)).await;
                Ok::<_, ()>(())
            };
            let _ = within(&mut left, slow).await;
            assert!(left <= Duration::from_millis(10), "waiting is counted: {left:?}");
            let never = futures::future::pending::<Result<(), ()>>();
            assert_eq!(within(&mut left, never).await, Err(PortError::Closed));
            assert_eq!(left, Duration::ZERO);
            let never = futures::future::pending::<Result<(), ()>>();
            assert_eq!(
                within(&mut left, never).await,
                Err(PortError::Closed),
                "nothing is left for the next call"
            );
        });
    }
}
