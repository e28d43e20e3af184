//! `CopyError`: why a log is not copied out of its data directory, into an export, a publication or a backup.

use std::path::PathBuf;

use crate::error::StoreError;
use crate::signed_log::SignedLogError;

/// Why a log is not copied out of its data directory.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The log cannot be read up to its checkpoint.
    #[error(transparent)]
    Log(#[from] SignedLogError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new directory has files already.
    #[error("{} is not empty: name a new or an empty directory", .0.display())]
    NotEmpty(PathBuf),
}
