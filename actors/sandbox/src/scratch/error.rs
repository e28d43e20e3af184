//! Why a throwaway scope does not do what it is asked.

use icn_core::name::{BlockId, IdError};
use icn_core::rules::Refusal;

/// Why a scratch does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScratchError {
    /// The invocation is refused before anything runs, as a host would refuse it: there is no receipt.
    #[error("{0}")]
    Refused(Refusal),
    /// What the scope was to be cannot be: which part, and what would be right.
    #[error("{0}")]
    Invalid(String),
    /// The engine's or our own mistake, and not the guest's.
    #[error("the host's own fault, not the guest's: {0}")]
    Fault(String),
}

impl From<IdError> for ScratchError {
    fn from(error: IdError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// A module that was named and is not installed.
pub(super) fn unknown_module(module: BlockId) -> ScratchError {
    ScratchError::Invalid(format!("module {module} is not installed here: install it first"))
}
