//! What a running guest has: its call, its grant, and its stage. There is one value in each store, gone with the store.

use icn_core::block::Capability;
use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::{BlockId, Did};

use super::call::Call;
use super::fuel_count::FuelCount;
use super::limiter::Limiter;
use super::stage::Stage;
use crate::contract::FUEL_MARGIN;

/// A store's data.
pub(crate) struct Context {
    pub(crate) call: Call,
    pub(crate) stage: Stage,
    pub(crate) limiter: Limiter,
    /// The guest's memory, once it has one.
    pub(crate) memory: Option<wasmtime::Memory>,
    /// Random bytes given so far.
    pub(crate) random_given: u64,
    /// What the engine's counter holds beyond the guest's fuel, from the moment that the guest runs.
    pub(crate) fuel_margin: u64,
    /// Where the fuel goes, when the module was compiled to say so.
    pub(crate) fuel_count: Option<Box<FuelCount>>,
}

impl Context {
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

    pub(crate) fn has(&self, capability: Capability) -> bool {
        self.call.policy.grants(&self.call.module, capability)
    }

    /// Whether it has any capability of this kind.
    pub(crate) fn has_some(&self, kind: impl Fn(&Capability) -> bool) -> bool {
        let install = self.call.policy.install(&self.call.module);
        install.is_some_and(|install| install.capabilities.iter().any(kind))
    }

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

    pub(crate) fn storage_remaining(&self) -> i64 {
        self.call.storage_left - self.stage.storage
    }

    pub(crate) fn network_remaining(&self) -> u64 {
        self.call.policy.policy().grant.network - self.stage.network
    }
}
