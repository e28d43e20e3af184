//! The place of a counterpart's leg, as a receipt names it.

use serde::{Deserialize, Serialize};

use crate::name::{BlockId, Did};

/// A place in another scope's own sequence. The leg in the same entry takes this place ([`crate::fold::crossing`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterpart {
    /// The other scope.
    pub scope: Did,
    /// The sequence number in that scope.
    pub seq: u64,
    /// The block before it in that scope.
    pub prev: BlockId,
}
