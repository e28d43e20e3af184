//! Exports: a log as files that other tools read, without any secret of its host (`docs/formats.md`, "Exports").
//!
//! - `layout.rs`: where each file of an export is
//! - `error.rs`: why a log is not exported or published
//! - `texts.rs`: the key and the policy of an export
//! - `write.rs`: makes an export from a data directory
//! - `car_file.rs`, `publish.rs`: keep an export up to date while its host runs
//! - `car_error.rs`, `car_log.rs`: read the CAR of an export as a log
//!
//! The checkpoint is written last: without one an export is not finished. Nothing here reads a secret.

mod car_error;
mod car_file;
mod car_log;
mod error;
mod layout;
mod publish;
mod texts;
mod write;

pub(crate) use car_error::CarLogError;
pub(crate) use car_log::CarLog;
pub use error::{ExportError, PublishError};
pub use layout::ExportLayout;
pub use publish::{Published, Publisher};
pub use write::{Exported, export};
