//! A call of a module's entry: everything that decides a run, beside the module itself.

use std::sync::Arc;

use icn_core::name::{BlockId, Did};
use icn_core::rules::PolicyInForce;
use icn_core::state::State;

use super::port::LedgerPort;
use super::recorder::Recorder;

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
