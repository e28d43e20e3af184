//! The order of a commit, and what a commit over several scopes adds to it.
//!
//! A commit is one append of one entry. Nobody is told of it before it is durable, and nothing that is kept depends on it
//! before it is in the log's queue. In this order:
//!
//! | step | where | a crash or a refusal before the next step means |
//! | --- | --- | --- |
//! | 1. resources are drawn, caps are asked | `scope/carry_out.rs` | no effect: draws live in memory |
//! | 2. a place in the log's queue is reserved | `scope/carry_out.rs` | no effect: the place is freed |
//! | 3. the guest runs; what it asks of the ledger is staged | `scope/program.rs`, `ledger/of_run.rs` | no effect: what was staged is dropped |
//! | 4. the receipt is drafted and signed | `scope/end.rs` | no effect: the draft is aborted |
//! | 5. the legs of paused scopes are drafted and signed | `counterparts.rs` | no effect: they go on without a leg |
//! | 6. the generation of this scope is entered, then those of the paused ones | `scope/commit.rs` | no effect: a newer actor has the scope |
//! | 7. the entry is handed over | `scope/commit.rs` | the entry will be in the log; who handed it over and went down is recovered from there |
//! | 8. the chain takes the new state | `scope/commit.rs` | the same |
//! | 9. the receipt is posted to the ledger, now or soon; paused scopes go on with their legs | `scope/commit.rs`, `ledger/post.rs` | the same |
//! | 10. the group is checked, appended and synced | `log_writer/append.rs` | durable, and nobody was told: recovery finds it |
//! | 11. the head is published, the caller answered, the place freed | `log_writer/append.rs` | |
//!
//! Steps 8 and 9 do not wait for 10: the next invocation sees what the one before did. What is handed over after an
//! entry is never durable before it, so a crash loses a suffix of the queue.

mod counterparts;

pub(crate) use counterparts::{Counterparts, LegBlocks, enter_all};
