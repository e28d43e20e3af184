//! The ledger's actor alone, on threads as a host has them, for the bench that measures it (`benches/ledger_actor.rs`).
//!
//! It asks and posts as scopes do: each operation is asked for and its answer waited for, each receipt is posted before the
//! next question. An embedder has no use for it.

use std::sync::Arc;

use actix::{Actor as _, Addr};
use actix_rt::ArbiterHandle;
use futures::channel::oneshot;
use futures::executor::block_on;
use icn_core::block::{Operation, Receipt};
use icn_core::ledger::{Asker, Ledger};
use icn_core::name::{AccountId, Did, Owner, Unit};
use icn_sandbox::LedgerPort as _;
use icn_sync::Latch;

use crate::fail_stop::FailStop;
use crate::host::Threads;
use crate::ledger::{LedgerActor, Port, RunOf};
use crate::message::ledger::{AskAccount, LedgerMailbox, POSTS_MAX, Posting, UnpostedReceipts};
use crate::monitor::Monitor;

/// An invocation as the ledger sees it: a receipt, whose journal its run asks for one operation after the other.
pub type Run = Arc<Receipt>;

/// A running ledger.
pub struct LedgerAlone {
    addr: Addr<LedgerActor>,
    mailbox: Arc<LedgerMailbox>,
    latch: Arc<Latch>,
    scopes: Vec<ArbiterHandle>,
    threads: Threads,
}

impl LedgerAlone {
    /// Starts it; scopes have so many arbiters, at least one. An error says why the threads do not start.
    pub fn start(ledger: Ledger, scope_arbiters: usize) -> Result<Self, String> {
        let (arbiters, threads) = Threads::start(scope_arbiters).map_err(|error| error.to_string())?;
        let latch = Arc::new(Latch::new());
        let monitor = Monitor::start_in_arbiter(&arbiters.control, |_| Monitor::default());
        let fail_stop = FailStop::new(latch.clone(), monitor.recipient());
        let addr = LedgerActor::start_in_arbiter(&arbiters.ledger, |_| LedgerActor::new(ledger, fail_stop));
        Ok(Self { mailbox: LedgerActor::mailbox(&addr), addr, latch, scopes: arbiters.scopes, threads })
    }

    /// Makes the runs of each line one after the other, and the lines side by side, as scopes do. Returns when all is
    /// booked. An error says what was refused.
    pub fn run(&self, lines: Vec<Vec<Run>>) -> Result<(), String> {
        let waiting: Vec<_> = lines
            .into_iter()
            .enumerate()
            .map(|(at, runs)| {
                let (done, wait) = oneshot::channel();
                let (mailbox, addr) = (self.mailbox.clone(), self.addr.clone());
                let made = self.scopes[at % self.scopes.len()].spawn(async move {
                    let _ = done.send(line(&mailbox, &addr, runs).await);
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
        let account = block_on(self.addr.send(AskAccount(account))).map_err(|error| error.to_string())?;
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
        self.threads.stop();
    }
}

async fn line(mailbox: &Arc<LedgerMailbox>, addr: &Addr<LedgerActor>, runs: Vec<Run>) -> Result<(), String> {
    let (unposted, asker) = (UnpostedReceipts::default(), Arc::new(Asker::default()));
    let mut last: Option<Did> = None;
    for receipt in runs {
        let of = RunOf { scope: receipt.scope, time: receipt.time, asker: asker.clone() };
        let mut port = Port::new(of, mailbox.clone(), unposted.clone(), Vec::new());
        for operation in &receipt.journal {
            stage(&mut port, operation).await?;
        }
        last = Some(receipt.scope);
        unposted.push(Posting { receipt, asker: asker.clone(), legs: Vec::new() });
        if unposted.len() >= POSTS_MAX {
            mailbox.post_all(&unposted);
        }
    }
    mailbox.post_all(&unposted);
    // An answer that comes after everything that was posted.
    let Some(scope) = last else { return Ok(()) };
    let account = AccountId { scope, owner: Owner::Treasury, unit: Unit::fuel() };
    addr.send(AskAccount(account)).await.map(drop).map_err(|error| error.to_string())
}

async fn stage(port: &mut Port, operation: &Operation) -> Result<(), String> {
    let answer = port.stage(operation.clone()).await.map_err(|closed| closed.to_string())?;
    answer.map_err(|refusal| refusal.to_string())
}
