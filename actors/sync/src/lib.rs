//! Every atomic that `icn-runtime` shares between threads, and nothing else.
//!
//! Each mutable thing of the runtime has one owner, an actor. What is left to share is small and lives here,
//! one file a primitive, so that it can be read in one sitting and explored by loom:
//!
//! | primitive | the question it answers |
//! | --- | --- |
//! | [`Permits`] | may one more be in flight? |
//! | [`HeadCell`] | which head of the log was published last? |
//! | [`Generation`] | does this message come from the actor that is running now? |
//! | [`Latch`] | has the host stopped? |
//!
//! *Invariants.* No primitive blocks a thread, allocates after it was made or knows what an actor is. Only
//! `shim.rs` names the standard atomics or loom: under `--cfg loom` the same code runs on loom's, and the
//! crate `loom-tests` checks the primitives, and the host's commit protocol built from them.
//!
//! ```
//! use icn_sync::{Generation, Head, HeadCell, Latch, Permits};
//!
//! let gate = Latch::new();
//! let permits = Permits::new(64);
//! let generation = Generation::new();
//! let (mut writer, heads) = HeadCell::new(Head { size: 0, root: [0; 32] });
//!
//! // The actor that was started with this stamp hands a receipt over.
//! let stamp = generation.advance().ok_or("somebody is still inside")?;
//! let permit = permits.try_acquire().ok_or("busy")?;
//! if let Some(_inside) = generation.enter(stamp) {
//!     // Put the receipt and its permit into the queue.
//! }
//!
//! // The log made it durable, publishes the new head, and frees the place.
//! writer.publish(Head { size: 1, root: [7; 32] });
//! drop(permit);
//! assert_eq!(heads.read().size, 1);
//! assert_eq!(permits.in_use(), 0);
//!
//! // The actor is replaced: what the old one still has under way is refused.
//! let successor = generation.advance().ok_or("somebody is still inside")?;
//! assert!(generation.enter(stamp).is_none());
//! assert!(generation.admits(successor));
//! assert!(!gate.is_closed());
//! # Ok::<(), &str>(())
//! ```

#![forbid(unsafe_code)]

mod generation;
mod head_cell;
mod latch;
mod permits;
mod shim;
mod tally;

pub use generation::{Entered, Generation, Stamp};
pub use head_cell::{Head, HeadCell, HeadWriter};
pub use latch::Latch;
pub use permits::{Permit, Permits};
pub use tally::Tally;
