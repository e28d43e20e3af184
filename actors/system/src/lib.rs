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
//! The order of a commit is in `scope.rs` and `dag.rs`; recovery is in `recover.rs` and `supervisor.rs`.

#![forbid(unsafe_code)]

mod audit;
mod awake;
pub mod backup;
pub mod cosigned;
mod credentials;
mod crossing;
mod dag;
mod directory;
mod events;
pub mod export;
mod faults;
mod files;
mod host;
pub mod key_file;
mod keyring;
mod ledger;
#[doc(hidden)]
pub mod measure;
mod monitor;
mod prove;
mod recover;
pub mod repair;
mod report;
mod scope;
mod shared;
mod signed_log;
mod spec;
pub mod store;
mod supervisor;
pub mod witness;

pub use audit::{Audit, AuditOptions, Level, Subject, Witness, audit};
pub use dag::Committed;
pub use directory::DirectoryError;
pub use faults::{FaultPoint, Faults, NoFaults};
pub use files::{Layout, Lock, LockError};
pub use host::{Host, HostOptions, KeysError, OpenError, Pending, ScopeError, random_key};
pub use prove::{ProveError, prove};
pub use recover::RecoverError;
pub use report::{AuditReport, Cosigned, Finding};
pub use scope::ScopeView;
pub use shared::now_ms;
pub use signed_log::{SignedLog, SignedLogError};
pub use spec::{ModuleSpec, Opening, ScopeSpec};
