//! What a scope has that no policy has to say: roles, and defaults.

use crate::block::GrantLimits;
use crate::limits;
use crate::name::Unit;

/// The role of a scope's administrators.
pub const ROLE_ADMIN: &str = "admin";
/// The role that everyone with a key holds.
pub const ROLE_ANYONE: &str = "anyone";

/// The most that one invocation gets in a scope that nobody bounds further: the host's limits, and no network.
pub const GRANT_DEFAULT: GrantLimits =
    GrantLimits { fuel: limits::FUEL_PER_INVOCATION_MAX, memory: limits::MEMORY_PAGES_MAX, network: 0 };

/// Resources that a scope's treasury is given when the scope is opened and nobody says how much.
#[must_use]
pub fn resources_default() -> [(Unit, u64); 4] {
    [
        (Unit::fuel(), 1_000_000_000_000_000_000),
        (Unit::storage(), 1 << 34),
        (Unit::network(), 1 << 40),
        (Unit::memory(), 1 << 50),
    ]
}
