//! The fail stop: what the ledger and the log's writer do after an error, since they never carry on.
//!
//! It closes the latch once and for all, so that the gate lets nobody in, and then tells the monitor why. It never opens
//! the latch again: the host is opened anew and recovers from the log.

use std::sync::Arc;

use actix::Recipient;
use icn_core::rules::{Refusal, RefusalCode};
use icn_sync::Latch;

use crate::events::Event;
use crate::message::monitor::Tell;

/// Closes the gate, and says why.
#[derive(Debug, Clone)]
pub(crate) struct FailStop {
    latch: Arc<Latch>,
    monitor: Recipient<Tell>,
}

impl FailStop {
    pub(crate) fn new(latch: Arc<Latch>, monitor: Recipient<Tell>) -> Self {
        Self { latch, monitor }
    }

    /// Stops the host. Only the first reason is told.
    pub(crate) fn stop(&self, what: String) {
        if self.latch.close() {
            // Past the mailbox's bound: this alert must not be lost.
            self.monitor.do_send(Tell(Event::FailStop { what }));
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.latch.is_closed()
    }
}

/// The answer when the host can append no more.
pub(crate) fn host_stopped() -> Refusal {
    Refusal::new(
        RefusalCode::Unavailable,
        "the host stopped taking invocations: whether this one is in the log, its id tells after the restart",
    )
}
