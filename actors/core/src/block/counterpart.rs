//! Where another scope's side of a receipt stands.

use serde::{Deserialize, Serialize};

use crate::name::{BlockId, Did};

/// A place in another scope's own sequence, which the leg in the same entry takes ([`crate::fold::crossing`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterpart {
    /// The other scope.
    pub scope: Did,
    /// The place in its own sequence.
    pub seq: u64,
    /// Its block before that.
    pub prev: BlockId,
}
