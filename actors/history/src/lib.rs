//! A log without its host: what keeps a data directory, and what reads a log that nobody writes.
//!
//! An auditor, a mirror and a witness are built from this crate alone. It knows no actor and no engine: to run
//! recorded invocations again, hand a re-runner to [`Audit::run_with`], or take the project's own re-runner
//! with the feature `replay`.
//!
//! | module | what it has |
//! | --- | --- |
//! | [`disk`] | files that are replaced whole, and made durable |
//! | [`key_file`] | secret keys on disk |
//! | [`store`] | the log's segment files |
//! | [`snapshot`] | what a log adds up to at a position |
//! | [`directory`] | a data directory: where each file is, its lock, its keys |
//! | [`checkpoint`] | the signed checkpoint, compared with the log |
//! | [`recover`](mod@recover) | from a directory to a fold |
//! | [`cosigned`] | the checkpoint that witnesses cosigned |
//! | [`export`], [`import`](mod@import) | a log as files that other tools read, and back |
//! | [`backup`], [`repair`] | a log copied, and restored from copies |
//! | [`witness`] | the memory of a witness |

#![forbid(unsafe_code)]

mod audit;
pub mod backup;
pub mod checkpoint;
mod copy_error;
pub mod cosigned;
pub mod directory;
pub mod disk;
mod error;
pub mod export;
mod finding;
mod first_entry;
pub mod import;
pub mod key_file;
mod proof;
pub mod recover;
pub mod repair;
mod report;
mod signed_log;
pub mod snapshot;
pub mod store;
pub mod witness;

pub use audit::{Audit, Level, Listener, Subject};
pub use copy_error::CopyError;
pub use directory::{DirectoryError, Layout, Lock, LockError};
pub use error::StoreError;
pub use finding::Finding;
pub use proof::{ProveError, prove};
pub use recover::RecoverError;
pub use report::{AuditReport, Cosigned};
pub use signed_log::{SignedLog, SignedLogError};
