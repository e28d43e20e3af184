//! Runs untrusted guests: validates, compiles, caches, and turns their calls into staged effects.
//!
//! Nothing here writes to a state, a ledger or a log: a run ends in an [`icn_core::block::Staged`], and
//! dropping that is the abort. The one thing that a running guest asks for at once is the ledger's word on a
//! transfer, through [`LedgerPort`]. Guest memory is read and written in `memory.rs` alone.
//!
//! The order of things: [`Engine::new`] once a process; [`Cache::get`] once a module (single-flight, on a
//! thread of its own, within bounds); [`Module::run`] once an invocation, in a fresh store that is gone after it.

#![deny(unsafe_code)]

mod abi;
mod artefact;
mod cache;
mod context;
mod engine;
mod fuel;
mod install;
mod instrument;
mod memory;
mod profile;
mod record;
mod rerun;
mod ruling;
mod run;
pub mod scratch;
mod twice;
mod validate;

pub use abi::{ABI_VERSION, FUNCTIONS, FunctionType, LIMITS, Linked, PARAMETERS, linked};
pub use cache::{Cache, CacheError, CacheLimits, CacheStats};
pub use context::{Call, LedgerPort, PortAnswer, PortError};
pub use engine::{Engine, EngineOptions, GiveWay, Ticker};
pub use install::{capabilities, capability_names, check_install};
pub use memory::{CODES, Code};
pub use profile::{FunctionFuel, Profiled};
pub use record::{LogLine, Recorded, Recorder};
pub use rerun::{Reruns, beside};
pub use ruling::rule;
pub use run::{EntryKind, Module, RunError};
pub use validate::{Inspection, Item, Manifest, Rejected, Shape, Size, Weight, inspect, validate};
