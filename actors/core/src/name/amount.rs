//! Amounts of a unit. An amount is never negative and carries no unit of its own.

/// An amount of some unit, never negative. A transfer moves at most 2^63 - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u64);
