//! What an author asks a throwaway scope to run.

use icn_core::block::INVOCATION_FUEL_DEFAULT;
use icn_core::name::{BlockId, Did};

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScratchCall {
    /// The installed module.
    pub module: BlockId,
    /// The entry point.
    pub entry: String,
    /// Who calls.
    pub caller: Did,
    /// What the guest reads as its input.
    pub input: Vec<u8>,
    /// Fuel that it may burn, at most.
    pub fuel: u64,
}

impl ScratchCall {
    /// A call without input, with the fuel limit that an invocation has when its caller names none.
    #[must_use]
    pub fn new(module: BlockId, entry: &str, caller: Did) -> Self {
        Self { module, entry: entry.to_owned(), caller, input: Vec::new(), fuel: INVOCATION_FUEL_DEFAULT }
    }
    /// The same, with that input.
    #[must_use]
    pub fn with_input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }
    /// The same, with that fuel limit.
    #[must_use]
    pub const fn with_fuel(mut self, fuel: u64) -> Self {
        self.fuel = fuel;
        self
    }
}
