//! What an invocation needs of others before and while it runs: its grant, the caps' leave, a place in the DAG's queue,
//! and what may come of it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use icn_core::block::{Receipt, Staged};
use icn_core::ledger::Actor as Asker;
use icn_core::limits;
use icn_core::name::{Did, Unit};
use icn_core::rules::{Refusal, RefusalCode};
use icn_sandbox::{Call, Module, RunError, rule};
use icn_sync::Permit;

use crate::faults::FaultPoint;
use crate::ledger::{AskCaps, Draw, Untold, tell_ledger};
use crate::shared::Shared;

/// How long to wait for a place in the DAG's queue before looking again.
const SLOT_RETRY: Duration = Duration::from_micros(500);

/// Resources drawn and not used yet.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Purse {
    pub(super) fuel: u64,
    pub(super) memory: u64,
    pub(super) network: u64,
}

impl Purse {
    pub(super) fn add(&mut self, other: Self) {
        self.fuel += other.fuel;
        self.memory += other.memory;
        self.network += other.network;
    }
    pub(super) fn spend(&mut self, receipt: &Receipt) {
        self.fuel -= receipt.fuel;
        self.memory -= receipt.usage.memory;
        self.network -= receipt.usage.network;
    }
}

/// Why nothing came of a run.
pub(super) enum Failure {
    Refused(Refusal),
    /// Another scope has to hold still first.
    Elsewhere(Did),
    Fault(String),
    Panicked(String),
}

/// Draws what the purse lacks; what was drawn is kept even when something is refused.
pub(super) async fn grant(shared: &Shared, draw: Draw, drawn: &mut Purse) -> Result<(), Failure> {
    if draw.wants.is_empty() {
        return Ok(());
    }
    let units: Vec<Unit> = draw.wants.iter().map(|(unit, ..)| unit.clone()).collect();
    let answers = shared.ledger.send(draw).await.map_err(|e| Failure::Fault(e.to_string()))?;
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
pub(super) struct AskCapsOf<'a> {
    pub(super) scope: Did,
    pub(super) time: u64,
    pub(super) asker: &'a Arc<Asker>,
    pub(super) untold: &'a Untold,
    pub(super) needs: Option<[(Unit, u64); 3]>,
}

impl AskCapsOf<'_> {
    /// How much storage the caps leave, if any binds.
    pub(super) async fn ask(self, shared: &Shared) -> Result<Option<u64>, Failure> {
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
pub(super) enum Runs {
    Guest(Arc<Module>),
    /// The ledger's own module.
    Ruling,
}

impl Runs {
    pub(super) async fn run(&self, shared: &Shared, call: Call) -> Result<Staged, Failure> {
        match self {
            Self::Guest(module) => run_guest(shared, module.run(call)).await,
            Self::Ruling => run_guest(shared, rule(call)).await,
        }
    }
}

/// A place in the DAG's queue; while there is none, this scope waits and its own mailbox fills.
pub(super) async fn reserve(shared: &Shared) -> Result<Permit, Refusal> {
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

pub(super) async fn run_guest(
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
        Ok(Err(RunError::NeedsCounterpart(scope))) => Err(Failure::Elsewhere(scope)),
        Ok(Err(RunError::HostFault(what))) => Err(Failure::Fault(what)),
        Err(panic) => Err(Failure::Panicked(panic_text(&*panic))),
    }
}

pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}
