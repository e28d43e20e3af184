//! What a host call answers: a value, a refusal with a code, or the end of the run.
//!
//! After a [`Stop::Soft`] the guest gets a code and goes on. A [`Stop::Hard`] ends the run: with a trap, which goes
//! into the receipt ([`GuestTrap`]), or without an outcome ([`NeedsCounterpart`], [`HostFault`]). These three are
//! errors of the engine's while they pass through it, and `run/ended.rs` takes them out again.

use std::convert::Infallible;

use icn_core::block::{Trap, TrapKind};
use icn_core::name::Did;

use crate::contract::Soft;

/// Why a call does not succeed.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The guest gets the code and goes on.
    Soft(Soft),
    /// The run ends.
    Hard(wasmtime::Error),
}

impl From<Soft> for Stop {
    fn from(soft: Soft) -> Self {
        Self::Soft(soft)
    }
}

/// What a host function comes to.
pub(crate) type Answer<T> = Result<T, Stop>;

/// What a host function answers when it succeeds, and the value that the guest gets for it.
pub(crate) trait Reply {
    /// The result's type in WebAssembly.
    type Value;
    /// The value of a success.
    fn success(self) -> wasmtime::Result<Self::Value>;
    /// The value of a code.
    fn refusal(code: Soft) -> wasmtime::Result<Self::Value>;
}

/// A count, a length, or a boolean.
impl Reply for u32 {
    type Value = i32;
    fn success(self) -> wasmtime::Result<i32> {
        // Lengths and counts are bounded far below 2^31 by `limits`.
        i32::try_from(self).map_err(|_| wasmtime::Error::new(HostFault(format!("an answer of {self}"))))
    }
    fn refusal(code: Soft) -> wasmtime::Result<i32> {
        Ok(code as i32)
    }
}

/// An amount or a time, which is never negative.
impl Reply for i64 {
    type Value = i64;
    fn success(self) -> wasmtime::Result<i64> {
        Ok(self)
    }
    fn refusal(code: Soft) -> wasmtime::Result<i64> {
        Ok(i64::from(code as i32))
    }
}

/// A function without a result never comes back to the guest.
impl Reply for Infallible {
    type Value = ();
    fn success(self) -> wasmtime::Result<()> {
        match self {}
    }
    fn refusal(code: Soft) -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(HostFault(format!("{code:?} from a function that has no result"))))
    }
}

/// What the engine hands back to the guest.
pub(crate) fn reply<T: Reply>(answer: Answer<T>) -> wasmtime::Result<T::Value> {
    match answer {
        Ok(value) => value.success(),
        Err(Stop::Soft(code)) => T::refusal(code),
        Err(Stop::Hard(error)) => Err(error),
    }
}

/// A trap that a host function caused.
#[derive(Debug, thiserror::Error)]
#[error("{:?}: {}", .0.kind, .0.detail)]
pub(crate) struct GuestTrap(pub(crate) Trap);

/// Another scope must be paused for the run: it has no outcome before.
#[derive(Debug, thiserror::Error)]
#[error("the scope {0} is needed")]
pub(crate) struct NeedsCounterpart(pub(crate) Did);

/// A mistake of the host's own. The run has no outcome.
#[derive(Debug, thiserror::Error)]
#[error("host fault: {0}")]
pub(crate) struct HostFault(pub(crate) String);

/// The error that ends the run with a trap. The detail goes into the receipt.
pub(crate) fn stop(kind: TrapKind, detail: String) -> wasmtime::Error {
    wasmtime::Error::new(GuestTrap(Trap { kind, detail }))
}
