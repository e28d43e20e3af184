//! Why a cache gives no compiled module.

use std::sync::Arc;

use crate::validate::Rejected;

/// Why there is no compiled module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// The module is not one that may run: remembered, and the same the next time.
    #[error("{0}")]
    Rejected(Arc<Rejected>),
    /// Too many modules wait to be compiled. Nothing was looked at: come back later.
    #[error("{waiting_max} modules wait to be compiled already, and no more may: come back later")]
    Busy {
        /// How many may wait.
        waiting_max: usize,
    },
    /// The host's own fault; the module was not judged.
    #[error("no thread to compile on: {0}")]
    NoThread(String),
}
