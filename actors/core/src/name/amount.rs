//! Amounts.

/// An amount of some unit, and nothing else: never negative, at most 2^63 - 1 where a transfer moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u64);
