//! The log's writer: the one queue of entries that were handed over, and the one place where the log grows.
//!
//! In this order:
//!
//! 1. a hand-over joins the group (`actor.rs`);
//! 2. when the mailbox is empty, the group is checked, appended and synced once (`append.rs`);
//! 3. the new head is published, and only then is each caller answered and its place in the queue freed;
//! 4. the signed checkpoint's file is renewed when that is due (`checkpoint.rs`).
//!
//! It fails stop: after an error it appends nothing more, and refuses everybody who waits. It never answers before the
//! sync. Its arbiter is its own, so waiting for the disk delays nobody else; what arrives meanwhile is the next group.

mod actor;
mod append;
mod checkpoint;

pub(crate) use actor::{LogWriter, LogWriterParts};
