//! Why a run has no outcome. There is no receipt of such a run: it was not the guest's fault.

use icn_core::name::Did;

use crate::guest::PortError;

/// Why a run has no outcome: the host's own fault, and no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// All slots of the pool are taken.
    #[error("all instance slots are taken")]
    PoolFull,
    /// Another scope has to hold still for it: to be run again then.
    #[error("the scope {0} is needed")]
    NeedsCounterpart(Did),
    /// Anything else.
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
