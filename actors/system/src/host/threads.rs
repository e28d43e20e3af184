//! The threads that the actors live on, and waiting for a future without an executor.
//!
//! One thread runs the actix system. It starts the arbiters, each a thread of its own, and stops them all when it is told
//! to.

use std::thread::JoinHandle;

use actix_rt::{Arbiter, ArbiterHandle, System};
use futures::channel::oneshot;

use super::error::OpenError;

/// The arbiters of a host.
#[derive(Debug)]
pub(crate) struct Arbiters {
    pub(crate) log_writer: ArbiterHandle,
    pub(crate) ledger: ArbiterHandle,
    /// For everything else that is no scope.
    pub(crate) control: ArbiterHandle,
    /// For scopes. There is at least one.
    pub(crate) scopes: Vec<ArbiterHandle>,
}

/// The threads of a host. They run until they are [stopped](Self::stop).
#[derive(Debug)]
pub(crate) struct Threads {
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Threads {
    /// Starts the arbiters: so many for scopes, at least one, and three more.
    pub(crate) fn start(scope_arbiters: usize) -> Result<(Arbiters, Self), OpenError> {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, started) = crossbeam::channel::bounded(1);
        let count = scope_arbiters.max(1) + 3;
        let system = std::thread::Builder::new()
            .name("icn-system".into())
            .spawn(move || {
                let system = System::new();
                system.block_on(async move {
                    let arbiters: Vec<Arbiter> = (0..count).map(|_| Arbiter::new()).collect();
                    let _ = ready.send(arbiters.iter().map(Arbiter::handle).collect::<Vec<_>>());
                    let _ = stopped.await;
                    for arbiter in &arbiters {
                        arbiter.stop();
                    }
                    for arbiter in arbiters {
                        let _ = arbiter.join();
                    }
                });
            })
            .map_err(|e| OpenError::Other(format!("starting the actors' threads: {e}")))?;
        let started =
            started.recv().map_err(|_| OpenError::Other("the actors' threads did not start".into()))?;
        let [log_writer, ledger, control, scopes @ ..] = started.as_slice() else {
            return Err(OpenError::Other("no arbiters".into()));
        };
        let arbiters = Arbiters {
            log_writer: log_writer.clone(),
            ledger: ledger.clone(),
            control: control.clone(),
            scopes: scopes.to_vec(),
        };
        Ok((arbiters, Self { running: Some((stop, system)) }))
    }

    pub(crate) fn are_running(&self) -> bool {
        self.running.is_some()
    }

    /// Stops all of them and waits until they are over.
    pub(crate) fn stop(&mut self) {
        if let Some((stop, system)) = self.running.take() {
            let _ = stop.send(());
            let _ = system.join();
        }
    }
}

/// Waits for a future on a thread of its own, so that the caller may be inside any executor.
pub(super) fn wait<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    let waited = std::thread::scope(|scope| scope.spawn(|| futures::executor::block_on(future)).join());
    waited.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
