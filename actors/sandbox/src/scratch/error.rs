//! Why a throwaway scope does not do what it is asked.

use icn_core::name::{BlockId, IdError};
use icn_core::rules::Refusal;

/// Why a scratch does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScratchError {
    /// The invocation was refused before anything ran, as a host refuses it. There is no receipt.
    #[error("{0}")]
    Refused(Refusal),
    /// The scope cannot be set up so. The text says what is wrong, and what would be right.
    #[error("{0}")]
    Invalid(String),
    /// A mistake of the engine's or of ours, and not of the guest's.
    #[error("the host's own fault, not the guest's: {0}")]
    Fault(String),
}

impl From<IdError> for ScratchError {
    fn from(error: IdError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// The error for a module that is not installed.
pub(super) fn unknown_module(module: BlockId) -> ScratchError {
    ScratchError::Invalid(format!("module {module} is not installed here: install it first"))
}
