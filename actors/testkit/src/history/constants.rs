//! The fixed cast and the bounds of a history.

/// Who signs as the host, and as the scope.
pub(super) const HOST: usize = 6;

pub(super) const SCOPE: usize = 7;

/// Fuel limit of every invocation.
pub(super) const FUEL: u64 = 10_000;

pub(super) const START_MS: u64 = 1_700_000_000_000;
