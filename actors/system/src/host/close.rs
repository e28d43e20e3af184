//! Closing a host.
//!
//! In this order: each scope finishes what is in its mailbox and ends; the log's writer appends what waits, closes the log
//! and signs a checkpoint; a snapshot is written, when every scope ended properly; the latch closes; the actors and their
//! threads end.

use icn_core::fold::ChainParts;
use icn_core::name::Did;
use icn_history::snapshot::{self, Snapshot};

use super::error::OpenError;
use super::handle::Host;
use super::threads::wait;
use crate::message::ledger::AskForSnapshot;
use crate::message::lifecycle::End;
use crate::message::log_writer::CloseLog;
use crate::message::scope::{CloseScope, ClosedScope};

/// What the scopes left when they ended.
struct ClosedScopes {
    chains: Vec<(Did, ChainParts)>,
    /// Whether every scope ended properly.
    all: bool,
    /// Whether one of them put the engine's description into the log.
    engine_described: bool,
}

impl Host {
    /// Closes the host: what is in the mailboxes is finished, the log is closed with a signed checkpoint, and a
    /// snapshot is written. Gives the checkpoint.
    pub fn close(mut self) -> Result<String, OpenError> {
        self.shutdown()
    }

    fn shutdown(&mut self) -> Result<String, OpenError> {
        if !self.threads.are_running() {
            return Ok(String::new());
        }
        let result = wait(self.finish());
        self.shared.latch.close();
        self.book.clear();
        self.actors.supervisor.do_send(End);
        self.actors.crossings.do_send(End);
        self.threads.stop();
        result
    }

    async fn finish(&self) -> Result<String, OpenError> {
        let scopes = self.close_scopes().await;
        let ledger = self.actors.ledger.send(AskForSnapshot).await.ok();
        let closed = self.actors.log_writer.send(CloseLog).await;
        let closed = closed.map_err(|e| OpenError::Other(e.to_string()))?;
        let (log, note) = closed.map_err(OpenError::Other)?;
        if let (true, Some(ledger)) = (scopes.all, ledger) {
            let mut engines = self.engines.clone();
            if scopes.engine_described {
                engines.insert(self.shared.cache.engine().description().id());
            }
            let snapshot = Snapshot::of(&log, ledger, scopes.chains, &engines);
            snapshot::write(&self.files.layout.snapshots(), &snapshot)?;
        }
        Ok(note)
    }

    async fn close_scopes(&self) -> ClosedScopes {
        let mut closed = ClosedScopes { chains: Vec::new(), all: true, engine_described: false };
        for scope in self.scopes() {
            match self.close_scope(&scope).await {
                Some(ClosedScope { chain, engine_described }) => {
                    closed.engine_described |= engine_described;
                    closed.chains.push((scope, chain));
                }
                None => closed.all = false,
            }
        }
        closed
    }

    /// Ends a scope's actor, once it has finished what it was given. None when it has no actor, or that went down.
    async fn close_scope(&self, scope: &Did) -> Option<ClosedScope> {
        let (answer, closed) = futures::channel::oneshot::channel();
        self.book.addr(scope)?.send(CloseScope(answer)).await.ok()?;
        closed.await.ok()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Closed by hand or not, the log ends properly. Nobody is left to hear of an error.
        let _ = self.shutdown();
    }
}
