//! The supervisor: knows who is alive, restarts a scope that went down, and quarantines one that goes down too often.
//!
//! actix does not restart an actor that panicked. So a scope catches its panics, reports itself down and stops. Then, in
//! this order (`recover.rs`, `start.rs`):
//!
//! 1. the address book shows nobody: callers are told `unavailable`;
//! 2. the old generation is retired, so that the old actor hands over nothing more;
//! 3. everything that it handed over becomes durable;
//! 4. the scope's part of the log is folded;
//! 5. the ledger takes the scope's accounts from that fold;
//! 6. a new actor starts, with the next generation.
//!
//! A message to the old generation finds nobody; a message of it is dropped by its stamp.

mod actor;
mod recover;
mod start;

pub(crate) use actor::Supervisor;
pub(crate) use recover::Supervised;
pub(crate) use start::ScopeStarter;
