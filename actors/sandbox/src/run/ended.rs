//! How a run ended, and what it comes to: effects, a failure with a number, a trap, or no outcome at all.
//!
//! A trap consumes the whole grant and keeps nothing but its log's digest. The `detail` of a trap goes into the receipt:
//! it says the same on every machine, so it never holds a text of the engine's.

use icn_core::block::{Outcome, Staged, Trap, TrapKind, Usage};
use icn_core::limits;
use icn_core::name::{BlockId, Hash};
use sha2::Digest as _;
use wasmtime::Store;

use super::error::RunError;
use super::module::Module;
use crate::guest::{Context, GuestTrap, HostFault, NeedsCounterpart};

/// How a run ended.
pub(super) enum Ended {
    Returned(i32),
    /// At the end of the counted stack.
    StackUsedUp(wasmtime::Error),
    Failed(wasmtime::Error),
    PoolFull,
    /// A mistake of the host's own.
    Fault(String),
}

impl Module {
    /// What a run that ended so comes to.
    pub(super) fn staged(&self, ended: Ended, store: Store<Context>) -> Result<Staged, RunError> {
        let limit = store.data().call.fuel;
        match ended {
            Ended::Returned(code) => {
                let counter = store.get_fuel().map_err(|e| RunError::fault(e.to_string()))?;
                let burned = limit + store.data().fuel_margin - counter;
                Ok(returned(code, burned, store))
            }
            Ended::StackUsedUp(_) => {
                let detail = format!("calls deeper than {} counted bytes", limits::STACK_COUNTED_BYTES_MAX);
                Ok(trapped(Trap { kind: TrapKind::StackOverflow, detail }, limit, store))
            }
            Ended::Failed(error) => ended_badly(&self.id, &error, limit, store),
            Ended::PoolFull => Err(RunError::PoolFull),
            Ended::Fault(what) => Err(RunError::fault(what)),
        }
    }
}

fn returned(code: i32, fuel: u64, store: Store<Context>) -> Staged {
    let Context { call, mut stage, limiter, .. } = store.into_data();
    let logged = stage.log.map(|digest| icn_core::name::Bytes(digest.finalize().into()));
    if code != 0 {
        return Staged::without_effects(
            Outcome::Failed(code),
            fuel,
            limiter.pages_peak,
            stage.output,
            logged,
        );
    }
    // A key that ends as it began was not changed: a receipt says nothing of it.
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

/// A trap consumes the whole grant: the engine's counter can read as unburned after one.
fn trapped(trap: Trap, limit: u64, store: Store<Context>) -> Staged {
    let Context { stage, limiter, .. } = store.into_data();
    let logged: Option<Hash> = stage.log.map(|digest| icn_core::name::Bytes(digest.finalize().into()));
    Staged::without_effects(Outcome::Trapped(trap), limit, limiter.pages_peak, Vec::new(), logged)
}

fn ended_badly(
    module: &BlockId,
    error: &wasmtime::Error,
    limit: u64,
    store: Store<Context>,
) -> Result<Staged, RunError> {
    if let Some(fault) = error.downcast_ref::<HostFault>() {
        return Err(RunError::HostFault(fault.0.clone()));
    }
    if let Some(NeedsCounterpart(scope)) = error.downcast_ref::<NeedsCounterpart>() {
        return Err(RunError::NeedsCounterpart(*scope));
    }
    if let Some(trap) = error.downcast_ref::<GuestTrap>() {
        return Ok(trapped(trap.0.clone(), limit, store));
    }
    let trap = error.downcast_ref::<wasmtime::Trap>();
    if trap == Some(&wasmtime::Trap::StackOverflow) {
        // Counted frames are no smaller than native ones; here is a module for which that is not so.
        tracing::error!(target: "icn::security", %module, "the native stack ended before the counted one");
    }
    let kind = trap.and_then(|trap| trap_kind(*trap));
    match kind {
        Some(kind) => Ok(trapped(Trap { kind, detail: String::new() }, limit, store)),
        None => Err(RunError::HostFault(format!("{error:#}"))),
    }
}

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
