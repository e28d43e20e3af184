//! Runs untrusted guests: validates, compiles, caches, and turns their calls into staged effects.
//!
//! Nothing here writes to a state, a ledger or a log: a run ends in an [`icn_core::effect::Staged`], and
//! dropping that is the abort. The one thing that a running guest asks for at once is the ledger's word on a
//! transfer, through [`LedgerPort`]. Guest memory is read and written in `memory.rs` alone.
//!
//! The order of things: [`Engine::new`] once a process; [`Cache::get`] once a module (single-flight, on a
//! thread of its own); [`Module::run`] once an invocation, in a fresh store that is gone after it.

#![forbid(unsafe_code)]

mod abi;
mod cache;
mod context;
mod engine;
mod memory;
mod rerun;
mod run;
mod validate;

pub use abi::{FUNCTIONS, FunctionType};
pub use cache::Cache;
pub use context::{Call, LedgerPort, PortClosed};
pub use engine::{Engine, EngineOptions, Ticker};
pub use rerun::Reruns;
pub use run::{EntryKind, Module, RunError};
pub use validate::{Inspection, Item, Manifest, Rejected, Shape, Size, Weight, inspect, validate};
