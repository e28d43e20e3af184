//! The ledger: owner of all balances and holds of a host.
//!
//! The actor is a shell around `icn_core::ledger::Ledger`: it receives a message, calls the machine, replies. It fails
//! stop: a ledger that does not balance is never carried on.
//!
//! | file | what |
//! | --- | --- |
//! | `actor.rs` | the actor, and the questions about what is posted |
//! | `of_run.rs` | what a running invocation asks |
//! | `post.rs` | what changes what is posted |
//! | `audit_log.rs` | what the audit log and the counters are told of it |
//! | `port.rs` | the ledger as a running guest asks it, on the guest's arbiter |

mod actor;
mod audit_log;
mod of_run;
mod port;
mod post;

pub(crate) use actor::LedgerActor;
pub(crate) use port::{Port, RunOf};
