//! The port of a run that has a ledger in memory to itself: an auditor's, or a throwaway scope's.

use std::sync::{Arc, Mutex, MutexGuard};

use futures::FutureExt as _;
use futures::future::ready;
use icn_core::block::Operation;
use icn_core::ledger::{Actor, HoldState, Ledger, LedgerRefusal};
use icn_core::name::{Did, HoldId, Owner, Unit};
use icn_core::rules::PolicyInForce;

use crate::guest::{LedgerPort, PortAnswer, PortError, counterpart_consent};

/// A ledger in memory, lent to one run: a single thread takes it, uses it and gives it back.
pub(crate) struct LentLedger {
    pub(crate) scope: Did,
    /// The run's time, in milliseconds since the Unix epoch.
    pub(crate) time: u64,
    pub(crate) actor: Actor,
    /// The policies of the scopes that hold still for the run: all that are there, for nobody else runs.
    pub(crate) counterparts: Vec<Arc<PolicyInForce>>,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
}

impl LentLedger {
    /// What the ledger answers, which is there at once.
    fn ask<T: Send>(&self, ask: impl FnOnce(MutexGuard<'_, Ledger>) -> T) -> Result<T, PortError> {
        self.ledger.lock().map(ask).map_err(|_| PortError::Closed)
    }
}

impl LedgerPort for LentLedger {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let answer =
            counterpart_consent(&self.counterparts, self.scope, &operation).and_then(
                |consent| match consent {
                    Ok(()) => {
                        self.ask(|mut ledger| ledger.stage(self.scope, self.time, &self.actor, operation))
                    }
                    refused => Ok(refused),
                },
            );
        ready(answer).boxed()
    }
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let account = (owner, unit);
        let answer = self
            .ask(|mut ledger| ledger.authorize_staged(self.scope, self.time, &self.actor, account, amount));
        ready(answer).boxed()
    }
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        ready(self.ask(|ledger| ledger.balance_staged(self.scope, self.time, &owner, &unit))).boxed()
    }
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        ready(self.ask(|ledger| ledger.open_hold(self.scope, self.time, &id))).boxed()
    }
}
