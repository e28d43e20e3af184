//! The ledger's actor alone, on threads as a host has them, for the bench that measures it (`benches/ledger_actor.rs`).
//! An embedder has no use for it.

use std::sync::Arc;

use actix::{Actor as _, Addr};
use actix_rt::ArbiterHandle;
use futures::channel::oneshot;
use futures::executor::block_on;
use icn_core::block::{Operation, Receipt};
use icn_core::ledger::{Actor as Asker, Ledger};
use icn_core::name::{AccountId, Did};
use icn_sandbox::LedgerPort as _;
use icn_sync::Latch;

use crate::host::start_threads;
use crate::ledger::{Balance, LedgerActor, Port, Posting, Untold, tell_ledger};
use crate::monitor::Monitor;
use crate::scope::POSTS_MAX;
use crate::shared::FailStop;

/// An invocation as the ledger sees it: a receipt, whose journal its run asks for one operation after the other.
pub type Run = Arc<Receipt>;

/// A running ledger.
pub struct LedgerAlone {
    ledger: Addr<LedgerActor>,
    latch: Arc<Latch>,
    scopes: Vec<ArbiterHandle>,
    stop: Option<oneshot::Sender<()>>,
    system: Option<std::thread::JoinHandle<()>>,
}

impl LedgerAlone {
    /// Starts it; scopes have so many arbiters. An error says why the threads do not start.
    pub fn start(ledger: Ledger, scope_arbiters: usize) -> Result<Self, String> {
        let (arbiters, stop, system) = start_threads(scope_arbiters).map_err(|error| error.to_string())?;
        let [_, ledger_arbiter, control, scopes @ ..] = arbiters.as_slice() else {
            return Err("no arbiters".into());
        };
        let latch = Arc::new(Latch::new());
        let monitor = Monitor::start_in_arbiter(control, |_| Monitor::default());
        let fail_stop = FailStop::new(latch.clone(), monitor);
        let ledger =
            LedgerActor::start_in_arbiter(ledger_arbiter, move |_| LedgerActor::new(ledger, fail_stop));
        Ok(Self { ledger, latch, scopes: scopes.to_vec(), stop: Some(stop), system: Some(system) })
    }

    /// Makes each line's runs one after the other, the lines beside each other, as scopes do: every operation is asked
    /// for and its answer waited for, every receipt told before the next is asked, or after as many as a scope keeps.
    /// Returns when all is booked; an error says what was refused.
    pub fn run(&self, lines: Vec<Vec<Run>>) -> Result<(), String> {
        let waiting: Vec<_> = lines
            .into_iter()
            .enumerate()
            .map(|(at, runs)| {
                let (done, wait) = oneshot::channel();
                let (ledger, asker) = (self.ledger.clone(), Arc::new(Asker::default()));
                let made = self.scopes[at % self.scopes.len()].spawn(async move {
                    let _ = done.send(line(&ledger, &asker, runs).await);
                });
                made.then_some(wait)
            })
            .collect();
        for wait in waiting {
            let wait = wait.ok_or("an arbiter that has stopped")?;
            block_on(wait).map_err(|_| "a line that was dropped")??;
        }
        if self.latch.is_closed() {
            Err("the ledger stopped: a receipt that it cannot book".into())
        } else {
            Ok(())
        }
    }

    /// What an account's credits less its debits come to.
    pub fn balance(&self, account: AccountId) -> Result<i128, String> {
        let account = block_on(self.ledger.send(Balance(account))).map_err(|error| error.to_string())?;
        Ok(account.balance())
    }
}

impl std::fmt::Debug for LedgerAlone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerAlone").finish_non_exhaustive()
    }
}

impl Drop for LedgerAlone {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(system) = self.system.take() {
            let _ = system.join();
        }
    }
}

async fn line(ledger: &Addr<LedgerActor>, asker: &Arc<Asker>, runs: Vec<Run>) -> Result<(), String> {
    let untold = Untold::default();
    let mut last: Option<Did> = None;
    for receipt in runs {
        let (scope, time) = (receipt.scope, receipt.time);
        let mut port = Port::new(scope, time, asker.clone(), ledger.clone(), untold.clone(), Vec::new());
        for operation in &receipt.journal {
            stage(&mut port, operation).await?;
        }
        last = Some(scope);
        untold.push(Posting { receipt, asker: asker.clone(), legs: Vec::new() });
        if untold.len() >= POSTS_MAX {
            tell_ledger(ledger, &untold);
        }
    }
    tell_ledger(ledger, &untold);
    // An answer that comes behind everything that was told.
    let Some(scope) = last else { return Ok(()) };
    let account =
        AccountId { scope, owner: icn_core::name::Owner::Treasury, unit: icn_core::name::Unit::fuel() };
    ledger.send(Balance(account)).await.map(drop).map_err(|error| error.to_string())
}

async fn stage(port: &mut Port, operation: &Operation) -> Result<(), String> {
    let answer = port.stage(operation.clone()).await.map_err(|closed| closed.to_string())?;
    answer.map_err(|refusal| refusal.to_string())
}
