//! What an invocation runs, and why nothing may come of a run.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use icn_core::block::Staged;
use icn_core::limits;
use icn_core::name::Did;
use icn_core::rules::{Refusal, RefusalCode};
use icn_sandbox::{Call, Module, RunError, rule};

use crate::faults::FaultPoint;
use crate::shared::Shared;

/// What an invocation runs.
pub(super) enum Program {
    /// A module that is installed in the scope.
    Guest(Arc<Module>),
    /// The ledger's own module: an administrator's ruling.
    Ruling,
}

/// Why nothing came of a run.
pub(super) enum Failure {
    /// The caller is told so.
    Refused(Refusal),
    /// The run needs this scope to be paused for it.
    NeedsCounterpart(Did),
    /// The host made a mistake.
    Fault(String),
    /// The host's code panicked: the scope must restart.
    Panicked(String),
}

impl Program {
    pub(super) async fn run(&self, shared: &Shared, call: Call) -> Result<Staged, Failure> {
        match self {
            Self::Guest(module) => run_caught(shared, module.run(call)).await,
            Self::Ruling => run_caught(shared, rule(call)).await,
        }
    }
}

async fn run_caught(
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
        Ok(Err(RunError::NeedsCounterpart(scope))) => Err(Failure::NeedsCounterpart(scope)),
        Ok(Err(RunError::HostFault(what))) => Err(Failure::Fault(what)),
        Err(panic) => Err(Failure::Panicked(panic_text(&*panic))),
    }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}
