//! Why a cache gives no compiled module.

use std::sync::Arc;

use crate::validate::Rejected;

/// Why there is no compiled module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// The module may not run. The answer is remembered, and the same the next time.
    #[error("{0}")]
    Rejected(Arc<Rejected>),
    /// Too many modules wait to be compiled. The module was not looked at: come back later.
    #[error("{waiting_max} modules wait to be compiled already, and no more may: come back later")]
    Busy {
        /// How many modules may wait.
        waiting_max: usize,
    },
    /// A fault of the host's own. The module was not judged.
    #[error("no thread to compile on: {0}")]
    NoThread(String),
}
