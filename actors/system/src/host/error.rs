//! Why a host does not open, a scope is not opened, or its keys are not changed.

use icn_core::name::Did;
use icn_core::rules::Refusal;
use icn_history::{DirectoryError, LockError, RecoverError, StoreError};

/// Why a host does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A log cannot begin in this directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log is not valid.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Why a scope is not opened. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A scope of that name is open.
    #[error("the scope {0} is open already")]
    Exists(Did),
    /// What the scope is opened with is not valid.
    #[error("{0}")]
    Invalid(String),
    /// The host does not take it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why a scope's keys are not changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// There is no such scope here.
    #[error("the scope {0} is not here")]
    Unknown(Did),
    /// A delegation or a revocation is not valid, or is not for this scope.
    #[error("{0}")]
    Invalid(String),
    /// The key cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host or the scope does not take it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
}
