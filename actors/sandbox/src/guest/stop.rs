//! How a host call ends a run, or refuses to do what it was asked.
//!
//! A [`Stop::Soft`] is a code that the guest gets; the guest goes on. A [`Stop::Hard`] ends the run: with a trap, which
//! goes into the receipt ([`GuestTrap`]), or without an outcome ([`NeedsCounterpart`], [`HostFault`]).

use icn_core::block::{Trap, TrapKind};
use icn_core::name::Did;

use crate::contract::Soft;

/// Why a call does not succeed.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The guest is told and goes on.
    Soft(Soft),
    /// The run ends.
    Hard(wasmtime::Error),
}

impl From<Soft> for Stop {
    fn from(soft: Soft) -> Self {
        Self::Soft(soft)
    }
}

pub(crate) type Answer<T> = Result<T, Stop>;

/// What the engine hands back to the guest: a count, a boolean, or a code.
pub(crate) fn answer(result: Answer<u32>) -> wasmtime::Result<i32> {
    match result {
        // Lengths and counts are bounded far below 2^31 by `limits`.
        Ok(value) => {
            i32::try_from(value).map_err(|_| wasmtime::Error::new(HostFault(format!("an answer of {value}"))))
        }
        Err(Stop::Soft(soft)) => Ok(soft as i32),
        Err(Stop::Hard(error)) => Err(error),
    }
}

/// The same for 64-bit answers.
pub(crate) fn answer_long(result: Answer<i64>) -> wasmtime::Result<i64> {
    match result {
        Ok(value) => Ok(value),
        Err(Stop::Soft(soft)) => Ok(i64::from(soft as i32)),
        Err(Stop::Hard(error)) => Err(error),
    }
}

/// A trap of our own, on its way through the engine.
#[derive(Debug, thiserror::Error)]
#[error("{:?}: {}", .0.kind, .0.detail)]
pub(crate) struct GuestTrap(pub(crate) Trap);

/// Another scope that a run needs, on its way through the engine.
#[derive(Debug, thiserror::Error)]
#[error("the scope {0} is needed")]
pub(crate) struct NeedsCounterpart(pub(crate) Did);

/// A mistake of the host's, on its way through the engine.
#[derive(Debug, thiserror::Error)]
#[error("host fault: {0}")]
pub(crate) struct HostFault(pub(crate) String);

/// Ends the run with a trap.
pub(crate) fn stop(kind: TrapKind, detail: String) -> wasmtime::Error {
    wasmtime::Error::new(GuestTrap(Trap { kind, detail }))
}
