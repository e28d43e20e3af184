//! The actors of a host, and what holds them together.
//!
//! Thin shells around the machines of `icn-core`: a handler receives a message, calls the machine, stores,
//! replies. Each mutable thing has one owner here:
//!
//! | actor | owns |
//! | --- | --- |
//! | `scope` | one scope's chain: state, sequence, ids applied; its batch of drawn resources |
//! | `ledger` | all balances and holds |
//! | `dag` | the log's tail, its Merkle frontier, the store's write side |
//! | `credentials` | rolls of members; puts policies in force |
//! | `monitor` | alerts |
//! | `supervisor` | who is alive, restarts, quarantine |
//!
//! The order of a commit is in `scope.rs` and `dag.rs`; recovery is in `icn-history` and `supervisor.rs`.

#![forbid(unsafe_code)]

mod awake;
mod credentials;
mod crossing;
mod dag;
mod events;
mod faults;
mod host;
mod keyring;
mod ledger;
#[doc(hidden)]
pub mod measure;
mod monitor;
mod scope;
mod shared;
mod spec;
mod supervisor;

pub use dag::Committed;
pub use faults::{FaultPoint, Faults, NoFaults};
pub use host::{Host, HostOptions, KeysError, OpenError, Pending, ScopeError};
pub use scope::ScopeView;
pub use shared::now_ms;
pub use spec::{ModuleSpec, Opening, ScopeSpec};
