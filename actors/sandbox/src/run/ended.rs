//! How a run ended, and what it comes to: effects, a failure with a number, a trap, or no outcome at all.
//!
//! A trap consumes the whole grant and keeps nothing but its log's digest. The `detail` of a trap goes into the
//! receipt: it says the same on every machine, so it never holds a text of the engine's.

use icn_core::block::{Outcome, Staged, Trap, TrapKind, Usage};
use icn_core::limits;
use icn_core::name::{BlockId, Bytes, Hash};
use sha2::{Digest as _, Sha256};
use wasmtime::Store;

use super::error::RunError;
use super::module::Module;
use crate::guest::{Context, GuestTrap, HostFault, NeedsCounterpart};

/// How a run ended.
pub(super) enum Ended {
    /// The entry returned this number, or zero if it returns none.
    Returned(i32),
    /// The counted stack was used up.
    StackUsedUp(wasmtime::Error),
    /// The engine or a host function stopped the guest.
    Failed(wasmtime::Error),
    /// All instance slots are taken: nothing ran.
    PoolFull,
    /// A mistake of the host's own.
    Fault(String),
}

impl From<wasmtime::Error> for Ended {
    fn from(error: wasmtime::Error) -> Self {
        Self::Failed(error)
    }
}

impl Module {
    /// What a run that ended so comes to.
    pub(super) fn staged(&self, ended: Ended, store: Store<Context>) -> Result<Staged, RunError> {
        match ended {
            Ended::Returned(code) => {
                let counter = store.get_fuel().map_err(|e| RunError::fault(e.to_string()))?;
                let limit = store.data().call.fuel;
                let burned = limit + store.data().fuel_margin - counter;
                assert!(burned <= limit, "a run that returned burned no more than it had");
                Ok(returned(code, burned, store.into_data()))
            }
            Ended::StackUsedUp(_) => {
                let detail = format!("calls deeper than {} counted bytes", limits::STACK_COUNTED_BYTES_MAX);
                Ok(trapped(Trap { kind: TrapKind::StackOverflow, detail }, store.into_data()))
            }
            Ended::Failed(error) => failed(&self.id, &error, store.into_data()),
            Ended::PoolFull => Err(RunError::PoolFull),
            Ended::Fault(what) => Err(RunError::fault(what)),
        }
    }
}

/// A run whose entry returned. A number other than zero is the guest's own failure: its effects are dropped.
fn returned(code: i32, fuel: u64, context: Context) -> Staged {
    let Context { call, mut stage, limiter, .. } = context;
    stage.assert_within_limits();
    let logged = stage.log.map(digest);
    if code != 0 {
        let failed = Outcome::Failed(code);
        return Staged::without_effects(failed, fuel, limiter.pages_peak, stage.output, logged);
    }
    // A key that ends as it began was not changed: it does not stand in the receipt.
    stage.writes.retain(|key, value| call.state.get(&call.module, key).map(|v| &**v) != value.as_deref());
    Staged {
        outcome: Outcome::Ok,
        fuel,
        usage: Usage { memory: limiter.pages_peak, network: stage.network, storage: stage.storage },
        output: stage.output,
        logged,
        writes: stage.writes,
        journal: stage.journal,
        nodes: stage.nodes,
        anchors: stage.anchors,
    }
}

/// A trap consumes the whole grant: after one, the engine's counter can say that fuel is left that was burned.
fn trapped(trap: Trap, context: Context) -> Staged {
    let Context { call, stage, limiter, .. } = context;
    let logged = stage.log.map(digest);
    Staged::without_effects(Outcome::Trapped(trap), call.fuel, limiter.pages_peak, Vec::new(), logged)
}

fn digest(log: Sha256) -> Hash {
    Bytes(log.finalize().into())
}

/// A run that was stopped: by a host function with a trap or without an outcome, or by the engine with a trap of
/// its own.
fn failed(module: &BlockId, error: &wasmtime::Error, context: Context) -> Result<Staged, RunError> {
    if let Some(fault) = error.downcast_ref::<HostFault>() {
        return Err(RunError::HostFault(fault.0.clone()));
    }
    if let Some(NeedsCounterpart(scope)) = error.downcast_ref::<NeedsCounterpart>() {
        return Err(RunError::NeedsCounterpart(*scope));
    }
    if let Some(trap) = error.downcast_ref::<GuestTrap>() {
        return Ok(trapped(trap.0.clone(), context));
    }
    let trap = error.downcast_ref::<wasmtime::Trap>();
    if trap == Some(&wasmtime::Trap::StackOverflow) {
        // A counted frame bounds the native one. For this module it did not.
        tracing::error!(target: "icn::security", %module, "the native stack ended before the counted one");
    }
    match trap.and_then(|trap| trap_kind(*trap)) {
        Some(kind) => Ok(trapped(Trap { kind, detail: String::new() }, context)),
        None => Err(RunError::HostFault(format!("{error:#}"))),
    }
}

/// The kind of a trap of the engine's; none for a trap that a guest cannot cause.
fn trap_kind(trap: wasmtime::Trap) -> Option<TrapKind> {
    use wasmtime::Trap as T;
    Some(match trap {
        T::OutOfFuel => TrapKind::OutOfFuel,
        T::MemoryOutOfBounds | T::HeapMisaligned => TrapKind::MemoryFault,
        T::StackOverflow => TrapKind::StackOverflow,
        T::UnreachableCodeReached => TrapKind::Unreachable,
        T::IntegerOverflow | T::IntegerDivisionByZero | T::BadConversionToInteger => TrapKind::Arithmetic,
        T::IndirectCallToNull | T::BadSignature => TrapKind::IndirectCall,
        T::TableOutOfBounds => TrapKind::TableFault,
        T::Interrupt => TrapKind::Interrupted,
        _ => return None,
    })
}
