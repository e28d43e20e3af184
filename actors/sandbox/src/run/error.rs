//! Why a run has no outcome. Such a run has no receipt: it was not the guest's fault.

use icn_core::name::Did;

use crate::guest::PortError;

/// Why a run has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// All slots of the pool are taken. Nothing ran.
    #[error("all instance slots are taken")]
    PoolFull,
    /// Another scope must be paused for the run. The invocation runs again once it is.
    #[error("the scope {0} is needed")]
    NeedsCounterpart(Did),
    /// A mistake of the host's own; the text says which.
    #[error("host fault: {0}")]
    HostFault(String),
}

impl From<PortError> for RunError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Closed => Self::HostFault(error.to_string()),
            PortError::NeedsCounterpart(scope) => Self::NeedsCounterpart(scope),
        }
    }
}

impl RunError {
    /// A mistake of the host's own.
    pub(super) fn fault(what: impl Into<String>) -> Self {
        Self::HostFault(what.into())
    }
}
