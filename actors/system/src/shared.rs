//! What all actors of a host share, and nothing else: immutable values, addresses, the address book, and the
//! primitives of `icn-sync`.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use actix::Addr;
use actix_rt::ArbiterHandle;
use dashmap::{DashMap, DashSet};
use icn_core::encode::Block;
use icn_core::name::{BlockId, Did, Origin};
use icn_core::rules::{PolicyInForce, RefusalCode};
use icn_history::directory::Layout;
use icn_history::key_file::Passphrase;
use icn_sandbox::Cache;
use icn_sync::{Generation, HeadCell, Latch, Permits, Stamp, Tally};

use crate::crossing::Crossings;
use crate::dag::Dag;
use crate::events::Event;
use crate::faults::Faults;
use crate::keyring::Keyring;
use crate::ledger::LedgerActor;
use crate::monitor::{Monitor, Tell};
use crate::scope::Scope;
use crate::supervisor::Supervisor;

/// Closes the gate once and for all, and says why.
#[derive(Debug, Clone)]
pub(crate) struct FailStop {
    latch: Arc<Latch>,
    monitor: Addr<Monitor>,
}

impl FailStop {
    pub(crate) fn new(latch: Arc<Latch>, monitor: Addr<Monitor>) -> Self {
        Self { latch, monitor }
    }
    pub(crate) fn stop(&self, what: String) {
        if self.latch.close() {
            self.monitor.do_send(Tell(Event::FailStop { what }));
        }
    }
    pub(crate) fn is_stopped(&self) -> bool {
        self.latch.is_closed()
    }
}

/// What the gate finds in the address book.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) policy: Arc<PolicyInForce>,
    /// Nobody while the scope restarts, or once it is quarantined.
    pub(crate) addr: Option<Addr<Scope>>,
    pub(crate) quarantined: bool,
    /// Places in its mailbox.
    pub(crate) places: Arc<Permits>,
    pub(crate) generation: Arc<Generation>,
    pub(crate) stamp: Stamp,
    /// How many actors this scope has had since the host was opened.
    pub(crate) starts: u32,
    pub(crate) keyring: Keyring,
    pub(crate) arbiter: usize,
}

/// The shared part of a host.
pub(crate) struct Shared {
    pub(crate) origin: Origin,
    pub(crate) layout: Layout,
    /// What new key files are encrypted under.
    pub(crate) passphrase: Option<Arc<Passphrase>>,
    pub(crate) cache: Cache,
    pub(crate) modules: DashMap<BlockId, Block>,
    pub(crate) book: DashMap<Did, Listing>,
    pub(crate) slots: Arc<Permits>,
    pub(crate) head: Arc<HeadCell>,
    pub(crate) latch: Arc<Latch>,
    pub(crate) refusals: Tally<{ RefusalCode::ALL.len() }>,
    pub(crate) faults: Arc<dyn Faults>,
    pub(crate) groups: Arc<Tally<1>>,
    pub(crate) ledger: Addr<LedgerActor>,
    pub(crate) dag: Addr<Dag>,
    pub(crate) monitor: Addr<Monitor>,
    pub(crate) supervisor: Addr<Supervisor>,
    pub(crate) crossings: Addr<Crossings>,
    pub(crate) arbiters: Vec<ArbiterHandle>,
    /// The arbiter of what is neither a scope, the ledger nor the log.
    pub(crate) control: ArbiterHandle,
    /// Scopes that are being opened.
    pub(crate) opening: DashSet<Did>,
}

impl Shared {
    pub(crate) fn passphrase(&self) -> Option<&Passphrase> {
        self.passphrase.as_deref()
    }

    /// Tells the monitor; when its mailbox is full, the event is lost and counted.
    pub(crate) fn tell(&self, event: Event) {
        if self.monitor.try_send(Tell(event)).is_err() {
            metrics::counter!("icn_events_lost_total").increment(1);
        }
    }
}

/// Milliseconds since the Unix epoch, by the wall clock.
#[must_use]
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}
