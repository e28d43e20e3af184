//! Repairs a data directory from other copies of the same log: exports, CARs alone, other data directories.
//!
//! In this order:
//!
//! 1. the lock is taken, and a repair that was interrupted is finished (`plan.rs`);
//! 2. `signed.rs` finds whose log it is, and what was signed of it, by the first entry and the checkpoints;
//! 3. `walk.rs` goes through the old log, `group.rs` restores damaged groups, `gap.rs` fills what is missing
//!    from a source (`source.rs`), and `new_log.rs` makes the new segment files beside the old ones
//!    (`staged_file.rs`);
//! 4. the new log must have the root of every checkpoint, or nothing is changed;
//! 5. `plan.rs` renames. The old files are kept;
//! 6. the result is audited (`run.rs`).
//!
//! What cannot be restored stays as it is, and is named. No secret is read or written, and a source is only read.

mod cursor;
mod error;
mod gap;
mod group;
mod new_log;
mod plan;
mod report;
mod restoration;
mod run;
mod signed;
mod source;
mod staged_file;
mod walk;

pub use error::RepairError;
pub use report::{Damage, Lost, Repaired};
pub use run::Repair;
