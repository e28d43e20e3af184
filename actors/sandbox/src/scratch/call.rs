//! What an author asks a throwaway scope to run.

use icn_core::block::INVOCATION_FUEL_DEFAULT;
use icn_core::name::{BlockId, Did};

/// A call for a throwaway scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScratchCall {
    /// The installed module.
    pub module: BlockId,
    /// The name of the entry point.
    pub entry: String,
    /// The member who calls.
    pub caller: Did,
    /// The bytes that the guest reads as its input.
    pub input: Vec<u8>,
    /// Fuel that the guest may burn, at most.
    pub fuel: u64,
}

impl ScratchCall {
    /// A call without input, with the fuel limit of an invocation whose caller names none.
    #[must_use]
    pub fn new(module: BlockId, entry: &str, caller: Did) -> Self {
        Self { module, entry: entry.to_owned(), caller, input: Vec::new(), fuel: INVOCATION_FUEL_DEFAULT }
    }
    /// The same call with this input.
    #[must_use]
    pub fn with_input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }
    /// The same call with this fuel limit.
    #[must_use]
    pub const fn with_fuel(mut self, fuel: u64) -> Self {
        self.fuel = fuel;
        self
    }
}
