//! The host itself: what it holds. What can be done with it is in the other files of this folder.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::Addr;
use actix_rt::ArbiterHandle;
use icn_core::encode::SecretKey;
use icn_core::name::{BlockId, Origin};
use icn_history::key_file::Passphrase;
use icn_history::{Layout, Lock};
use icn_sandbox::Ticker;
use icn_sync::{HeadCell, Tally};

use super::opening::ScopeOpener;
use super::threads::Threads;
use crate::address_book::AddressBook;
use crate::crossing::Crossings;
use crate::ledger::LedgerActor;
use crate::log_writer::LogWriter;
use crate::monitor::Monitor;
use crate::shared::Shared;
use crate::supervisor::{ScopeStarter, Supervisor};

/// A host.
pub struct Host {
    pub(super) identity: Identity,
    pub(super) files: Files,
    pub(super) actors: Actors,
    pub(super) shared: Arc<Shared>,
    pub(super) book: Arc<AddressBook>,
    pub(super) starter: Arc<ScopeStarter>,
    pub(super) opener: Arc<ScopeOpener>,
    /// Size and root of the log, as far as it is durable.
    pub(super) head: Arc<HeadCell>,
    /// Durable groups since the host was opened.
    pub(super) groups: Arc<Tally<1>>,
    /// Engines that the log described when the host was opened.
    pub(super) engines: BTreeSet<BlockId>,
    pub(super) threads: Threads,
    pub(super) _ticker: Ticker,
}

/// Who the host is.
pub(super) struct Identity {
    /// The log's name.
    pub(super) origin: Origin,
    /// Signs checkpoints.
    pub(super) key: Arc<SecretKey>,
}

/// The data directory.
pub(super) struct Files {
    pub(super) layout: Layout,
    /// What new key files are encrypted under.
    pub(super) passphrase: Option<Arc<Passphrase>>,
    pub(super) _lock: Lock,
}

/// The addresses of the actors that are no scopes.
pub(super) struct Actors {
    pub(super) log_writer: Addr<LogWriter>,
    pub(super) ledger: Addr<LedgerActor>,
    pub(super) monitor: Addr<Monitor>,
    pub(super) supervisor: Addr<Supervisor>,
    pub(super) crossings: Addr<Crossings>,
    /// Where the last three live, and where scopes are opened.
    pub(super) control: ArbiterHandle,
}

impl Files {
    pub(super) fn passphrase(&self) -> Option<&Passphrase> {
        self.passphrase.as_deref()
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("origin", &self.identity.origin).finish_non_exhaustive()
    }
}
