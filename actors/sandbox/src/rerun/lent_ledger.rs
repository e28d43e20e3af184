//! The port of a run that has a ledger in memory to itself: an auditor's run, or one of a throwaway scope.

use std::sync::{Arc, Mutex, MutexGuard};

use futures::FutureExt as _;
use futures::future::ready;
use icn_core::block::Operation;
use icn_core::ledger::{Actor, HoldState, Ledger, LedgerRefusal};
use icn_core::name::{Did, HoldId, Owner, Unit};
use icn_core::rules::PolicyInForce;

use crate::guest::{LedgerPort, PortAnswer, PortError, counterpart_consent};

/// A ledger in memory, lent to one run. One thread lends it, runs the guest, and takes it back.
pub(crate) struct LentLedger {
    /// The scope of the run.
    pub(crate) scope: Did,
    /// The time of the run, in milliseconds since the Unix epoch.
    pub(crate) time: u64,
    /// The member and the module for whom the ledger is asked.
    pub(crate) actor: Actor,
    /// The policies of the scopes that are paused for the run. Nothing else runs, so all scopes are.
    pub(crate) counterparts: Vec<Arc<PolicyInForce>>,
    /// The ledger. After the run its lender has the only reference.
    pub(crate) ledger: Arc<Mutex<Ledger>>,
}

impl LentLedger {
    /// Asks the ledger, which answers at once.
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
