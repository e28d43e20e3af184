//! Starting the engine and the actors, and wiring them: who gets whose address.
//!
//! Actors that need nobody start first. The supervisor and the crossings' actor start without what they work on, since
//! scopes need their addresses; it is brought to them at the end.

use std::sync::Arc;

use actix::Actor as _;
use icn_core::fold::FoldParts;
use icn_core::limits;
use icn_history::StoreError;
use icn_history::directory::{self, Layout};
use icn_history::store::SegmentStore;
use icn_sandbox::{Cache, Engine, EngineOptions, Ticker};
use icn_sync::{Head, HeadCell, Latch, Permits, Tally};

use super::error::OpenError;
use super::handle::{Actors, Files, Host, Identity};
use super::opening::ScopeOpener;
use super::options::HostOptions;
use super::threads::Threads;
use crate::address_book::AddressBook;
use crate::credentials::Credentials;
use crate::crossing::Crossings;
use crate::fail_stop::FailStop;
use crate::ledger::LedgerActor;
use crate::log_writer::{LogWriter, LogWriterParts};
use crate::message::lifecycle::Begin;
use crate::monitor::Monitor;
use crate::shared::Shared;
use crate::supervisor::{ScopeStarter, Supervised, Supervisor};

/// The engine, and its cache of compiled modules.
pub(super) struct Cached {
    cache: Cache,
    ticker: Ticker,
    /// What a person should know of the cache's files.
    pub(super) notice: Option<String>,
}

impl Cached {
    /// Starts the engine and opens the cache's files.
    pub(super) fn open(options: &HostOptions, layout: &Layout) -> Result<Self, OpenError> {
        // The runtime's own way to give way runs everything that waits, from other threads too, before it goes on.
        let engine =
            EngineOptions { give_way: || Box::pin(actix_rt::task::yield_now()), ..options.engine.clone() };
        let engine = Engine::new(&engine).map_err(OpenError::Other)?;
        let (artefact_key, notice) = directory::artefact_key(layout)?;
        let cache = Cache::new(engine.clone())
            .with_artefacts(&layout.artefacts(), artefact_key)
            .map_err(StoreError::io("opening", &layout.artefacts()))?;
        let ticker =
            engine.start_ticker().map_err(|e| OpenError::Other(format!("starting the epoch clock: {e}")))?;
        Ok(Self { cache, ticker, notice })
    }
}

/// Starts the threads and the actors of a host. Its scopes have no actor yet.
pub(super) fn start_actors(
    options: &HostOptions,
    (identity, files): (Identity, Files),
    (store, parts): (SegmentStore, FoldParts),
    cached: Cached,
) -> Result<Host, OpenError> {
    let FoldParts { log, ledger, modules, engines, .. } = parts;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (arbiters, threads) = Threads::start(options.arbiters.unwrap_or(cores))?;
    let (writer, head) = HeadCell::new(Head { size: log.size(), root: log.frontier().root().0 });
    let (latch, groups) = (Arc::new(Latch::new()), Arc::new(Tally::new()));
    let monitor = Monitor::start_in_arbiter(&arbiters.control, |_| Monitor::default());
    let fail_stop = FailStop::new(latch.clone(), monitor.clone().recipient());
    let log_writer_parts = LogWriterParts {
        store: Box::new(store),
        log,
        origin: identity.origin.clone(),
        key: identity.key.clone(),
        layout: files.layout.clone(),
        head: writer,
        fail_stop: fail_stop.clone(),
        faults: options.faults.clone(),
        groups: groups.clone(),
    };
    let actors = Actors {
        log_writer: LogWriter::start_in_arbiter(&arbiters.log_writer, |_| LogWriter::new(log_writer_parts)),
        ledger: LedgerActor::start_in_arbiter(&arbiters.ledger, |_| LedgerActor::new(ledger, fail_stop)),
        monitor,
        supervisor: Supervisor::start_in_arbiter(&arbiters.control, |_| Supervisor::default()),
        crossings: Crossings::start_in_arbiter(&arbiters.control, |_| Crossings::default()),
        control: arbiters.control,
    };
    let shared = Arc::new(shared(&actors, options, cached.cache, latch));
    let book = Arc::new(AddressBook::default());
    let starter = Arc::new(ScopeStarter {
        shared: shared.clone(),
        book: book.clone(),
        modules: modules.into_iter().collect(),
        arbiters: arbiters.scopes,
    });
    let opener = Arc::new(ScopeOpener {
        starter: starter.clone(),
        credentials: Credentials::start_in_arbiter(&actors.control, |_| Credentials::default()),
        ledger: actors.ledger.clone(),
        layout: files.layout.clone(),
        passphrase: files.passphrase.clone(),
    });
    begin(&actors, &starter, &files.layout, &head);
    let _ticker = cached.ticker;
    Ok(Host {
        identity,
        files,
        actors,
        shared,
        book,
        starter,
        opener,
        head,
        groups,
        engines,
        threads,
        _ticker,
    })
}

/// What scopes share: among it, where to send messages.
fn shared(actors: &Actors, options: &HostOptions, cache: Cache, latch: Arc<Latch>) -> Shared {
    Shared {
        cache,
        slots: Permits::new(limits::HAND_OVERS_IN_FLIGHT_MAX),
        latch,
        refusals: Tally::new(),
        faults: options.faults.clone(),
        ledger: LedgerActor::mailbox(&actors.ledger),
        log_writer: actors.log_writer.clone().recipient(),
        monitor: actors.monitor.clone().recipient(),
        supervisor: actors.supervisor.clone().recipient(),
        crossings: actors.crossings.clone().recipient(),
    }
}

/// Brings the supervisor and the crossings' actor what they work on.
fn begin(actors: &Actors, starter: &Arc<ScopeStarter>, layout: &Layout, head: &Arc<HeadCell>) {
    let supervised = Supervised {
        starter: starter.clone(),
        log_writer: actors.log_writer.clone().recipient(),
        ledger: actors.ledger.clone().recipient(),
        layout: layout.clone(),
        head: head.clone(),
    };
    actors.supervisor.do_send(Begin(Arc::new(supervised)));
    actors.crossings.do_send(Begin(starter.book.clone()));
}
