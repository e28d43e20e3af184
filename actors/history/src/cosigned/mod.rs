//! The cosigned checkpoint of a data directory: the newest checkpoint that witnesses cosigned
//! (`docs/formats.md`, "Cosigned checkpoints").
//!
//! - `error.rs`: why there is none
//! - `note.rs`: reads it, without a verification
//! - `file.rs`: the right to write it
//! - `request.rs`: what a witness must be shown to cosign the next one
//! - `copied.rs`: the one that goes along with a copy of its log
//!
//! The host takes no part in any of it: asking witnesses reads what the host signed, as an auditor does, and no
//! commit waits for it.

mod copied;
mod error;
mod file;
mod note;
mod request;

pub(crate) use copied::CosignedCopy;
pub use error::CosignedError;
pub use file::CosignedFile;
pub use note::read;
pub(crate) use note::{judge, read_note};
pub use request::{Newest, consistency, newest};
