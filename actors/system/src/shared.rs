//! What the scopes of a host share, and nothing else: the compiled modules, the primitives of `icn-sync`, and where to
//! send messages.
//!
//! It knows no actor by its type, so that every actor may know it. What only the host and the supervisor need is in
//! `address_book.rs`, `supervisor/start.rs` and `host/handle.rs`.

use std::sync::Arc;

use actix::Recipient;
use icn_core::rules::RefusalCode;
use icn_sandbox::Cache;
use icn_sync::{Latch, Permits, Tally};

use crate::events::{self, Event};
use crate::faults::Faults;
use crate::message::crossing::Cross;
use crate::message::ledger::LedgerMailbox;
use crate::message::log_writer::HandOver;
use crate::message::monitor::Tell;
use crate::message::supervisor::Down;

/// What the scopes of a host share.
pub(crate) struct Shared {
    /// The compiled modules.
    pub(crate) cache: Cache,
    /// Places in the queue of the log's writer.
    pub(crate) slots: Arc<Permits>,
    /// Closed once the host stopped.
    pub(crate) latch: Arc<Latch>,
    /// Requests refused since the host was opened, by code.
    pub(crate) refusals: Tally<{ RefusalCode::ALL.len() }>,
    /// Faults that a test injects.
    pub(crate) faults: Arc<dyn Faults>,
    pub(crate) ledger: Arc<LedgerMailbox>,
    pub(crate) log_writer: Recipient<HandOver>,
    pub(crate) monitor: Recipient<Tell>,
    pub(crate) supervisor: Recipient<Down>,
    pub(crate) crossings: Recipient<Cross>,
}

impl Shared {
    /// Tells the monitor. When its mailbox is full, the event is lost and counted.
    pub(crate) fn tell(&self, event: Event) {
        if self.monitor.try_send(Tell(event)).is_err() {
            metrics::counter!("icn_events_lost_total").increment(1);
        }
    }

    /// Counts a refusal, in the metrics and in the host's own count.
    pub(crate) fn count_refusal(&self, code: RefusalCode) {
        events::count_refusal(code);
        self.refusals.add(code.index());
    }
}
