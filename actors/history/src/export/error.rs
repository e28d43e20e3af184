//! Why a log is not exported, or not published.

use std::path::PathBuf;

use icn_core::log::RowError;

use crate::copy_error::CopyError;
use crate::error::StoreError;
use crate::signed_log::SignedLogError;

/// Why a log is not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read, or the files cannot be written.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// An entry has no place in an export.
    #[error("position {position}: {why}: run `icn audit`")]
    Entry {
        /// The log position of the entry.
        position: u64,
        /// The flaw, for a person.
        why: RowError,
    },
    /// The log has more authors than the header of a CAR can name.
    #[error("{0} authors, and the header of a CAR names fewer")]
    Authors(usize),
}

/// Why a log is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The log cannot be read, or a file cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The directory has a publication that is not of this log.
    #[error("{} is not what this log gives, at {place}: publish to a new directory, or, if this one is damaged, remove it", path.display())]
    OtherLog {
        /// The file.
        path: PathBuf,
        /// The place in it.
        place: String,
    },
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Copy(error.into())
    }
}

impl From<SignedLogError> for ExportError {
    fn from(error: SignedLogError) -> Self {
        Self::Copy(error.into())
    }
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Self::Export(error.into())
    }
}

impl From<SignedLogError> for PublishError {
    fn from(error: SignedLogError) -> Self {
        Self::Export(error.into())
    }
}
