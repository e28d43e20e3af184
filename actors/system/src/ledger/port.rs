//! The ledger as a running guest asks it. This part runs on the guest's arbiter.
//!
//! Before each question the receipts that the scope handed over and did not post yet are posted, so that the answer knows
//! of them. A run's host calls may wait for the ledger for a limited time altogether.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use icn_core::block::Operation;
use icn_core::ledger::{Asker, HoldState, LedgerRefusal};
use icn_core::limits;
use icn_core::name::{Did, HoldId, Owner, Unit};
use icn_core::rules::PolicyInForce;
use icn_sandbox::{LedgerPort, PortAnswer, PortError, counterpart_consent};

use super::audit_log::tell_refused;
use crate::message::ledger::{AskHold, AskStagedBalance, Authorize, LedgerMailbox, Stage, UnpostedReceipts};
use crate::spin_wait::spin_then_wait;

/// Whose run it is.
#[derive(Debug, Clone)]
pub(crate) struct RunOf {
    pub(crate) scope: Did,
    /// The invocation's time, in milliseconds since the Unix epoch: holds are past their deadline by it.
    pub(crate) time: u64,
    pub(crate) asker: Arc<Asker>,
}

/// The ledger as a running guest asks it.
#[derive(Debug)]
pub(crate) struct Port {
    run: RunOf,
    ledger: Arc<LedgerMailbox>,
    unposted: UnpostedReceipts,
    /// The policies of the scopes that are paused for the run.
    counterparts: Vec<Arc<PolicyInForce>>,
    /// How long the run's host calls may still wait for the ledger.
    wait_left: Duration,
}

impl Port {
    pub(crate) fn new(
        run: RunOf,
        ledger: Arc<LedgerMailbox>,
        unposted: UnpostedReceipts,
        counterparts: Vec<Arc<PolicyInForce>>,
    ) -> Self {
        let wait_left = Duration::from_millis(limits::HOST_CALLS_WAIT_MS_MAX);
        Self { run, ledger, unposted, counterparts, wait_left }
    }
}

/// Waits for an answer, at most as long as the run's host calls may still wait together.
async fn within<T, E>(
    left: &mut Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, PortError> {
    let began = Instant::now();
    let answer = actix_rt::time::timeout(*left, spin_then_wait(answer)).await;
    *left = left.saturating_sub(began.elapsed());
    answer.ok().and_then(Result::ok).ok_or(PortError::Closed)
}

impl LedgerPort for Port {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let RunOf { scope, time, asker } = self.run.clone();
        match counterpart_consent(&self.counterparts, scope, &operation) {
            Ok(Ok(())) => {}
            Ok(Err(refusal)) => {
                tell_refused(time, &asker, operation.name(), || operation.subject(scope), &refusal);
                return futures::future::ready(Ok(Err(refusal))).boxed();
            }
            Err(error) => return futures::future::ready(Err(error)).boxed(),
        }
        self.ledger.post_all(&self.unposted);
        let answer = self.ledger.stage.send(Stage { scope, time, asker, operation });
        within(&mut self.wait_left, answer).boxed()
    }

    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        self.ledger.post_all(&self.unposted);
        let RunOf { scope, time, asker } = self.run.clone();
        let ask = Authorize { scope, time, asker, account: (owner, unit), amount };
        within(&mut self.wait_left, self.ledger.authorize.send(ask)).boxed()
    }

    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        self.ledger.post_all(&self.unposted);
        let ask = AskStagedBalance { scope: self.run.scope, time: self.run.time, owner, unit };
        within(&mut self.wait_left, self.ledger.balance.send(ask)).boxed()
    }

    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        self.ledger.post_all(&self.unposted);
        let ask = AskHold { scope: self.run.scope, time: self.run.time, id };
        within(&mut self.wait_left, self.ledger.hold.send(ask)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_waits_so_long_for_the_ledger_and_no_longer_over_all_its_calls() {
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut left = Duration::from_millis(30);
            assert_eq!(within(&mut left, async { Ok::<_, ()>(7) }).await, Ok(7));
            assert_eq!(within(&mut left, async { Err::<(), _>("gone") }).await, Err(PortError::Closed));
            assert!(left > Duration::ZERO, "answers that are there cost nothing to speak of");
            let slow = async {
                actix_rt::time::sleep(Duration::from_millis(20)).await;
                Ok::<_, ()>(())
            };
            let _ = within(&mut left, slow).await;
            assert!(left <= Duration::from_millis(10), "waiting is counted: {left:?}");
            let never = futures::future::pending::<Result<(), ()>>();
            assert_eq!(within(&mut left, never).await, Err(PortError::Closed));
            assert_eq!(left, Duration::ZERO);
            let never = futures::future::pending::<Result<(), ()>>();
            assert_eq!(
                within(&mut left, never).await,
                Err(PortError::Closed),
                "nothing is left for the next call"
            );
        });
    }
}
