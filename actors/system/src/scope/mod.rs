//! A scope: one invocation after the other, from the mailbox to the hand-over.
//!
//! The actor owns the scope's chain, the resources that it drew, and the receipts that it handed over and did not post to
//! the ledger yet. It never waits for the disk.
//!
//! | file | what, in the order of an invocation |
//! | --- | --- |
//! | `actor.rs` | the actor and its state |
//! | `queue.rs` | which invocation is next; those that are suspended for a crossing; the end |
//! | `invoke.rs` | everything that is decided before the run |
//! | `carry_out.rs` | the run: resources, caps, a place in the log's queue, the guest |
//! | `drawn.rs`, `program.rs` | resources drawn in advance; the guest, and why a run came to nothing |
//! | `end.rs` | what comes of the run: a receipt, a refusal, a crossing, a restart |
//! | `commit.rs` | the hand-over, in the order that [`crate::commit`] explains |
//! | `keys.rs` | which key signs; blocks of keys |
//! | `pause.rs` | the scope paused for another one's invocation |
//! | `queries.rs` | questions about the scope |

mod actor;
mod carry_out;
mod commit;
mod drawn;
mod end;
mod invoke;
mod keys;
mod pause;
mod program;
mod queries;
mod queue;

pub(crate) use actor::{Scope, ScopeParts};
