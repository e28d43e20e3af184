//! Runs untrusted guests: validates, compiles, caches, and turns their calls into staged effects.
//!
//! Nothing here writes to a state, a ledger or a log: a run ends in an [`icn_core::block::Staged`], and dropping
//! that is the abort. A running guest asks one thing at once: what the ledger says of a transfer, through
//! [`LedgerPort`]. Guest memory is read and written in `guest/memory.rs` alone.
//!
//! The order of things: [`Engine::new`] once in a process; [`Cache::get`] once for each module (compiled once
//! however many ask, on a thread of its own, within bounds); [`Module::run`] once for each invocation, in a fresh
//! store that is gone after it.
//!
//! The folders stand below in the order in which a module meets them. Each depends only on those above it.

#![deny(unsafe_code)]

// What host and guest agree on: functions, codes, limits, features, prices of operators.
mod contract;

// From bytes to a shape, or to the reasons why a module is refused.
mod validate;

// From validated bytes to those that are compiled.
mod instrument;

// What a running guest has, and the one way into its memory.
mod guest;

// The host functions, one file for each group.
mod abi;

// Wasmtime's settings and linkers.
mod engine;

// One run of a compiled module.
mod run;

// Compiled modules, kept in memory and on disk.
mod cache;

// Runs of recorded invocations, for the auditor.
mod rerun;

pub mod scratch;

pub use cache::{Cache, CacheError, CacheLimits, CacheStats};
pub use contract::{ABI_VERSION, CODES, Code, FUNCTIONS, FunctionType, LIMITS, PARAMETERS};
pub use engine::{Engine, EngineOptions, GiveWay, Ticker};
pub use guest::{
    Call, FunctionFuel, LedgerPort, LogLine, PortAnswer, PortError, Recorded, Recorder, counterpart_consent,
};
pub use rerun::Reruns;
pub use run::{EntryKind, Module, Profiled, RunError, capabilities, capability_names, check_install, rule};
pub use validate::{Inspection, Item, Manifest, Rejected, Shape, Size, Weight, inspect, validate};
