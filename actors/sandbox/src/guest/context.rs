//! The data of a store: what a running guest has. There is one value in each store, and it is gone with the store.
//!
//! Host functions reach it through `Guest` alone (`memory.rs`). It answers what this invocation sees: staged values
//! and nodes before those of the state.

use icn_core::block::Capability;
use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::{BlockId, Did};

use super::call::Call;
use super::fuel_count::FuelCount;
use super::limiter::Limiter;
use super::stage::Stage;
use crate::contract::FUEL_MARGIN;

/// The data of a store.
pub(crate) struct Context {
    /// What was called.
    pub(crate) call: Call,
    /// What the guest asked for so far.
    pub(crate) stage: Stage,
    /// The bound on the guest's memory.
    pub(crate) limiter: Limiter,
    /// The guest's memory, once it has one.
    pub(crate) memory: Option<wasmtime::Memory>,
    /// Blocks of 32 random bytes given so far.
    pub(crate) random_given: u64,
    /// Units that the engine's counter holds beyond the guest's fuel while the guest runs.
    pub(crate) fuel_margin: u64,
    /// The count of fuel by function, in a profiled run alone.
    pub(crate) fuel_count: Option<Box<FuelCount>>,
}

impl Context {
    /// The data of a run that has not begun.
    pub(crate) fn new(call: Call) -> Self {
        let pages_max = call.policy.policy().grant.memory.min(limits::MEMORY_PAGES_MAX);
        Self {
            call,
            stage: Stage::default(),
            limiter: Limiter::new(pages_max),
            memory: None,
            random_given: 0,
            fuel_margin: FUEL_MARGIN,
            fuel_count: None,
        }
    }

    /// Whether the module has this capability.
    pub(crate) fn has(&self, capability: Capability) -> bool {
        self.call.policy.grants(&self.call.module, capability)
    }

    /// Whether the module has any capability of this kind.
    pub(crate) fn has_some(&self, kind: impl Fn(&Capability) -> bool) -> bool {
        let install = self.call.policy.install(&self.call.module);
        install.is_some_and(|install| install.capabilities.iter().any(kind))
    }

    /// The scope in which the guest runs.
    pub(crate) fn scope(&self) -> Did {
        self.call.policy.policy().scope
    }

    /// A value as this invocation sees it.
    pub(crate) fn value(&self, key: &[u8]) -> Option<&[u8]> {
        match self.stage.writes.get(key) {
            Some(staged) => staged.as_deref(),
            None => self.call.state.get(&self.call.module, key).map(|v| &**v),
        }
    }

    /// A node as this invocation sees it.
    pub(crate) fn node(&self, id: &BlockId) -> Option<&Block> {
        self.stage
            .nodes
            .iter()
            .find(|block| block.id() == *id)
            .or_else(|| self.call.state.node(id).map(|b| &**b))
    }

    /// Bytes of storage that the guest may still take.
    pub(crate) fn storage_remaining(&self) -> i64 {
        self.call.storage_left - self.stage.storage
    }

    /// Bytes of network that are left of the grant.
    pub(crate) fn network_remaining(&self) -> u64 {
        self.call.policy.policy().grant.network - self.stage.network
    }
}
