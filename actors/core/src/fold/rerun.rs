//! Running a recorded invocation again.

use std::sync::Arc;

use super::chain::Chain;
use crate::block::{Invocation, Staged};
use crate::encode::Block;
use crate::ledger::{Actor, Ledger};
use crate::name::{BlockId, Unit};
use crate::rules::PolicyInForce;

/// What a re-run is given: everything that decided the recorded run.
#[derive(Debug)]
pub struct Rerun<'a> {
    /// The invocation.
    pub invocation: &'a Invocation,
    /// The policy in force.
    pub policy: &'a Arc<PolicyInForce>,
    /// The module's bytes.
    pub module: &'a Block,
    /// The engine that the receipt names.
    pub engine: BlockId,
    /// The state before.
    pub state: Arc<crate::state::State>,
    /// Storage left before.
    pub storage_left: i64,
    /// The time that was recorded.
    pub time: u64,
    /// The seed of random bytes.
    pub seed: [u8; 32],
    /// Who it is to the ledger.
    pub actor: &'a Actor,
    /// The policies of the scopes that the policy names and that are open.
    pub counterparts: Vec<Arc<PolicyInForce>>,
}

/// Something that runs guests again.
pub trait Rerunner {
    /// Runs it again; an error says why it could not.
    fn rerun(&mut self, rerun: Rerun<'_>, ledger: &mut Ledger) -> Result<Staged, String>;
}

/// Bytes of storage that a run may take: what is left to the scope, and what the caps leave the actor.
#[must_use]
pub fn cap_storage(ledger: &Ledger, chain: &Chain, actor: &Actor, time: u64) -> i64 {
    let capped = ledger.cap_left(chain.scope(), &Unit::storage(), actor, time);
    least_storage(chain.storage_left(), capped)
}

/// The less of what is left to the scope and what the caps leave, in bytes.
#[must_use]
pub fn least_storage(left: i64, capped: Option<u64>) -> i64 {
    capped.map_or(left, |capped| left.min(i64::try_from(capped).unwrap_or(i64::MAX)))
}
