//! What a running guest has: its call, its grant, and its stage. One value a store, gone with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::BoxFuture;
use icn_core::block::{Anchor, Capability, Operation, Trap, TrapKind};
use icn_core::encode::Block;
use icn_core::ledger::{HoldState, LedgerRefusal};
use icn_core::limits;
use icn_core::name::{BlockId, Did, HoldId, Owner, Unit};
use icn_core::rules::PolicyInForce;
use icn_core::state::State;
use sha2::Sha256;

use crate::memory::FUEL_MARGIN;
use crate::profile::Profile;
use crate::record::Recorder;

/// Why the ledger gives no answer. The run that asked has no outcome, and no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The host is going down.
    #[error("the ledger does not answer")]
    Closed,
    /// The answer depends on another scope, which does not hold still for this run: to be run again once it does.
    #[error("the scope {0} does not hold still for this run")]
    Elsewhere(Did),
}

/// What a port gives: the ledger's answer, or why there is none.
pub type PortAnswer<'a, T> = BoxFuture<'a, Result<T, PortError>>;

/// The ledger's word on what a guest moves and on balances, at once, at the time of its invocation.
pub trait LedgerPort: Send {
    /// Does an operation of this invocation, for it alone to see, or refuses it. That the invocation's own policy names
    /// the counterpart was asked before; whether the counterpart's names this scope, the port asks.
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>>;
    /// Whether this invocation's actor may spend so much of an account: its limit, what is held, and every cap.
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>>;
    /// What an account of this scope has and has not set aside, this invocation's own operations done.
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128>;
    /// A hold that is open in this scope, this invocation's own doings applied.
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>>;
}

/// Everything that decides a run, beside the module.
pub struct Call {
    /// The module's name.
    pub module: BlockId,
    /// The entry point.
    pub entry: String,
    /// The guest's input.
    pub input: Vec<u8>,
    /// Whose signature authorised it.
    pub caller: Did,
    /// The scope's policy.
    pub policy: Arc<PolicyInForce>,
    /// Fuel that it may burn.
    pub fuel: u64,
    /// The time that it is told, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The seed of its random bytes.
    pub seed: [u8; 32],
    /// What it reads.
    pub state: Arc<State>,
    /// Storage that is left to the scope, in bytes.
    pub storage_left: i64,
    /// The ledger.
    pub ledger: Box<dyn LedgerPort>,
    /// Who listens, if anyone: an author's tool.
    pub recorder: Option<Recorder>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("module", &self.module)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

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
    pub(crate) profile: Option<Box<Profile>>,
}

/// Effects, staged.
#[derive(Default)]
pub(crate) struct Stage {
    pub(crate) output: Vec<u8>,
    pub(crate) writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(crate) write_bytes: usize,
    pub(crate) storage: i64,
    pub(crate) network: u64,
    pub(crate) journal: Vec<Operation>,
    /// Other scopes that it asked for.
    pub(crate) beside: BTreeSet<Did>,
    /// Fuel that was taken for running the beginning again, for them.
    pub(crate) rerun_fuel: u64,
    /// Holds placed so far: the next one is named by this number.
    pub(crate) holds_placed: u64,
    pub(crate) nodes: Vec<Block>,
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) log: Option<Sha256>,
    pub(crate) log_lines: usize,
}

impl Context {
    pub(crate) fn new(call: Call) -> Self {
        let pages_max = call.policy.policy().grant.memory.min(limits::MEMORY_PAGES_MAX);
        Self {
            call,
            stage: Stage::default(),
            limiter: Limiter { pages_max, pages_peak: 0 },
            memory: None,
            random_given: 0,
            fuel_margin: FUEL_MARGIN,
            profile: None,
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

/// Bounds the guest's memory by its grant and keeps the peak.
pub(crate) struct Limiter {
    pages_max: u64,
    pub(crate) pages_peak: u64,
}

impl Limiter {
    pub(crate) fn pages_remaining(&self) -> u64 {
        self.pages_max - self.pages_peak
    }
}

impl wasmtime::ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Past the module's own maximum, `memory.grow` answers -1; past the grant, the run ends.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let pages = (desired as u64).div_ceil(limits::PAGE_BYTES);
        if pages > self.pages_max {
            return Err(stop(
                TrapKind::MemoryLimit,
                format!("{pages} pages of memory where {} are granted", self.pages_max),
            ));
        }
        self.pages_peak = self.pages_peak.max(pages);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= limits::TABLE_ELEMENTS_MAX && maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn instances(&self) -> usize {
        1
    }
    fn tables(&self) -> usize {
        1
    }
    fn memories(&self) -> usize {
        1
    }
}

/// A trap of our own, on its way through the engine.
#[derive(Debug, thiserror::Error)]
#[error("{:?}: {}", .0.kind, .0.detail)]
pub(crate) struct GuestTrap(pub(crate) Trap);

/// Another scope that a run needs, on its way through the engine.
#[derive(Debug, thiserror::Error)]
#[error("the scope {0} is needed")]
pub(crate) struct Elsewhere(pub(crate) Did);

/// A mistake of the host's, on its way through the engine.
#[derive(Debug, thiserror::Error)]
#[error("host fault: {0}")]
pub(crate) struct HostFault(pub(crate) String);

/// Ends the run with a trap.
pub(crate) fn stop(kind: TrapKind, detail: String) -> wasmtime::Error {
    wasmtime::Error::new(GuestTrap(Trap { kind, detail }))
}
