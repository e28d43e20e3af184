//! The live actors of a host, and what holds them together.
//!
//! Thin shells around the machines of `icn-core`: a handler receives a message, calls the machine, hands on, replies. Each
//! mutable thing has one owner:
//!
//! | actor | owns |
//! | --- | --- |
//! | `scope` | one scope's chain: state, sequence, ids applied; the resources that it drew |
//! | `ledger` | all balances and holds |
//! | `log_writer` | the log's tail, its Merkle frontier, the store's write side |
//! | `crossing` | whose turn it is among invocations over several scopes |
//! | `credentials` | rolls of members; puts policies in force |
//! | `monitor` | alerts |
//! | `supervisor` | who is alive, restarts, quarantine |
//!
//! A row of this list knows only rows above it:
//!
//! 1. `clock`, `events`, `faults`, `keyring`, `spin_wait`;
//! 2. `message`: what each actor may be told, and what it answers;
//! 3. `fail_stop`; the actors that know no other: `monitor`, `credentials`, `ledger`, `log_writer`;
//! 4. `shared`: what the scopes of a host share; `commit`: the order of a commit;
//! 5. `scope`;
//! 6. `address_book`: how to reach each scope; `crossing` and `supervisor`, which need that;
//! 7. `host`: what an embedder opens.
//!
//! No lock is held across a message, and no two actors share a mutable thing.

#![forbid(unsafe_code)]

mod address_book;
mod clock;
mod commit;
mod credentials;
mod crossing;
mod events;
mod fail_stop;
mod faults;
mod host;
mod keyring;
mod ledger;
mod log_writer;
#[doc(hidden)]
pub mod measure;
mod message;
mod monitor;
mod scope;
mod shared;
mod spin_wait;
mod supervisor;

pub use clock::now_ms;
pub use faults::{FaultPoint, Faults, NoFaults};
pub use host::{
    Host, HostOptions, KeysError, ModuleSpec, OpenError, Opening, Pending, ScopeError, ScopeSpec,
};
pub use message::log_writer::Committed;
pub use message::scope::ScopeView;
