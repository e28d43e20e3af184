//! A call of a module's entry: together with the module, everything that decides a run.
//!
//! A run reads no clock, no randomness and no other state than what stands here. So the same call of the same
//! module gives the same result on every machine.

use std::sync::Arc;

use icn_core::name::{BlockId, Did};
use icn_core::rules::PolicyInForce;
use icn_core::state::State;

use super::port::LedgerPort;
use super::recorder::Recorder;

/// Everything that decides a run, except for the module.
pub struct Call {
    /// The module's name: the CID of its bytes.
    pub module: BlockId,
    /// The name of the entry point.
    pub entry: String,
    /// The bytes that the guest reads as its input.
    pub input: Vec<u8>,
    /// The member whose signature authorised the call.
    pub caller: Did,
    /// The scope's policy at the time of the call.
    pub policy: Arc<PolicyInForce>,
    /// Fuel that the run may burn.
    pub fuel: u64,
    /// The time that the guest is told, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The seed of the random bytes that the guest asks for.
    pub seed: [u8; 32],
    /// The scope's state before the call; writes are staged over it.
    pub state: Arc<State>,
    /// Storage that is left to the scope, in bytes.
    pub storage_left: i64,
    /// The ledger that answers while the guest runs.
    pub ledger: Box<dyn LedgerPort>,
    /// Listens to the run, for an author's tool; none in production.
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
