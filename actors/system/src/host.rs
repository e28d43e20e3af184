//! A host: what an embedder opens, and what it submits to.
//!
//! The handle is `Send + Sync` and its futures run on any executor, or are waited for with none: the actors
//! live on threads of the host's own.

mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread::JoinHandle;

use actix::{Actor as _, Addr};
use actix_rt::{Arbiter, ArbiterHandle, System};
use dashmap::{DashMap, DashSet};
use futures::channel::oneshot;
use icn_core::block::{Entry, HostBlock, HostTag};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::fold::{Chain, ChainParts};
use icn_core::ledger::Account;
use icn_core::limits;
use icn_core::log::{Link, verifier_key};
use icn_core::name::{AccountId, BlockId, Did, InvocationId, Origin, Owner, Unit};
use icn_core::rules::gate::Request;
use icn_core::rules::keys::{Keys, Registry};
use icn_core::rules::{Refusal, RefusalCode, gate};
use icn_history::checkpoint::judge_verifier_key;
use icn_history::directory::{self, DirectoryError, Layout, Lock, LockError};
use icn_history::key_file::{Passphrase, random_key};
use icn_history::recover::{RecoverError, recover};
use icn_history::snapshot::{self, Snapshot};
use icn_history::store::SegmentStore;
use icn_history::{StoreError, disk};
use icn_sandbox::{Cache, CacheError, CacheStats, Engine, EngineOptions, Ticker, check_install};
use icn_sync::{Generation, Head, HeadCell, Latch, Permits};

use crate::credentials::{Credentials, PutInForce};
use crate::crossing::{BeginCrossings, Crossings, EndCrossings};
use crate::dag::{CloseLog, Committed, Dag, DagParts, HandOver, Reply};
use crate::events::{self, Event};
use crate::faults::{Faults, NoFaults};
use crate::keyring::{Keyring, NO_KEY};
use crate::ledger::{AskAll, AskBooks, Balance, IssueUnits, LedgerActor};
use crate::monitor::{Alerts, Monitor};
use crate::scope::{CloseScope, Invoke, ReadValue, ReceiptOf, ScopeView, View};
use crate::shared::{FailStop, Listing, Shared, now_ms};
use crate::spec::{Opening, ScopeSpec};
use crate::supervisor::{self, Begin, EndSupervision, Supervisor};
pub use keys::KeysError;

/// Entries that are folded at an opening before a snapshot is written right away.
const SNAPSHOT_AFTER_ENTRIES: u64 = 10_000;

/// How a host is opened.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The data directory; created when it is not there.
    pub data: PathBuf,
    /// The log's origin for a new directory; by default `icn.local/` and the host's key.
    pub origin: Option<Origin>,
    /// Arbiters that scopes run on; by default one a core.
    pub arbiters: Option<usize>,
    /// The engine's options.
    pub engine: EngineOptions,
    /// What the directory's key files are encrypted under: those that are, are opened with it, and new ones are encrypted. Without
    /// it no encrypted key opens.
    pub passphrase: Option<Arc<Passphrase>>,
    /// Faults to inject: none outside of tests.
    pub faults: Arc<dyn Faults>,
}

impl HostOptions {
    /// The defaults, on this data directory.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            origin: None,
            arbiters: None,
            engine: EngineOptions::default(),
            passphrase: None,
            faults: Arc::new(NoFaults),
        }
    }
}

/// Why a host does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory is open elsewhere.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The directory is not one to begin a log in.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The store's word.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log does not hold.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Why a scope is not opened. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// There is a scope of that name.
    #[error("the scope {0} is open already")]
    Exists(Did),
    /// What the scope is opened with is not sound.
    #[error("{0}")]
    Invalid(String),
    /// The host does not take it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// The threads that the actors live on.
struct Threads {
    stop: Option<oneshot::Sender<()>>,
    system: Option<JoinHandle<()>>,
    _ticker: Ticker,
}

/// A host.
pub struct Host {
    shared: Arc<Shared>,
    credentials: Addr<Credentials>,
    key: Arc<SecretKey>,
    engines: BTreeSet<BlockId>,
    threads: Threads,
    _lock: Lock,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("origin", &self.shared.origin).finish_non_exhaustive()
    }
}

/// A submitted invocation: a future of its receipt, once that is durable.
#[derive(Debug)]
#[must_use = "the receipt, or why there is none, comes from awaiting it"]
pub struct Pending(oneshot::Receiver<Result<Committed, Refusal>>);

impl Future for Pending {
    type Output = Result<Committed, Refusal>;
    fn poll(mut self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(task).map(|answer| {
            answer.unwrap_or_else(|_| {
                // The actor that had it is gone: whether it was handed over, its id tells.
                let message = "the scope restarted while it had this invocation: ask for its id, and submit it again if it has no receipt";
                Err(Refusal::new(RefusalCode::Unavailable, message).retry_after_ms(100))
            })
        })
    }
}

impl Host {
    /// Opens a data directory, or makes a new one.
    pub fn open(options: HostOptions) -> Result<Self, OpenError> {
        let layout = Layout::new(&options.data);
        directory::may_be_opened(&layout)?;
        for dir in [layout.dir().to_owned(), layout.log()] {
            disk::create_dir(&dir)?;
        }
        let lock = Lock::take(&layout)?;
        let passphrase = options.passphrase.clone();
        // Before anything is looked at or changed: without the right passphrase nothing is.
        let found = directory::read_key(&layout.host_key(), passphrase.as_deref())?;
        let recovered = recover(&layout)?;
        if recovered.fold.host().is_none() {
            directory::log_is_not_gone(&layout)?;
        }
        let key = Arc::new(host_key(&layout, found, recovered.fold.host(), passphrase.as_deref())?);
        let mut notices = recovered.notices;
        let origin = match (recovered.fold.host(), options.origin) {
            (Some(host), _) => host.log.clone(),
            (None, Some(origin)) => origin,
            (None, None) => Origin::parse(&format!("icn.local/{}", &key.did().as_str()["did:key:".len()..]))
                .map_err(|e| OpenError::Other(e.to_string()))?,
        };
        let mut parts = recovered.fold.into_parts();
        let mut store = SegmentStore::open(&layout.log(), &recovered.reader)?;
        if parts.host.is_none() {
            first_entry(&mut store, &mut parts.log, &origin, &key)?;
        }
        // Whatever happens from here on, an auditor finds a checkpoint.
        disk::replace(&layout.checkpoint(), parts.log.checkpoint(&origin).sign(&key).as_bytes())?;
        let verifier = verifier_key(&origin, &key.did());
        notices.extend(judge_verifier_key(&layout, &verifier)?);
        disk::replace(&layout.verifier_key(), format!("{verifier}\n").as_bytes())?;
        if recovered.folded >= SNAPSHOT_AFTER_ENTRIES {
            let chains: Vec<(Did, _)> =
                parts.chains.iter().map(|(scope, chain)| (*scope, chain.parts())).collect();
            let ledger = (parts.ledger.books(), parts.ledger.remembered());
            let _ = snapshot::write(
                &layout.snapshots(),
                &Snapshot::of(&parts.log, ledger, chains, &parts.engines),
            )?;
        }
        // The runtime's own way to give way runs everything that waits, from other threads too, before it goes on.
        let engine =
            EngineOptions { give_way: || Box::pin(actix_rt::task::yield_now()), ..options.engine.clone() };
        let engine = Engine::new(&engine).map_err(OpenError::Other)?;
        let (artefact_key, replaced) = directory::artefact_key(&layout)?;
        notices.extend(replaced);
        let cache = Cache::new(engine.clone())
            .with_artefacts(&layout.artefacts(), artefact_key)
            .map_err(StoreError::io("opening", &layout.artefacts()))?;
        let ticker =
            engine.start_ticker().map_err(|e| OpenError::Other(format!("starting the epoch clock: {e}")))?;
        let (writer, head) =
            HeadCell::new(Head { size: parts.log.size(), root: parts.log.frontier().root().0 });
        let (latch, groups) = (Arc::new(Latch::new()), Arc::new(icn_sync::Tally::new()));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (arbiters, stop, system) = start_threads(options.arbiters.unwrap_or(cores).max(1))?;
        let [dag_arbiter, ledger_arbiter, control_arbiter, scope_arbiters @ ..] = arbiters.as_slice() else {
            return Err(OpenError::Other("no arbiters".into()));
        };
        let monitor = Monitor::start_in_arbiter(control_arbiter, |_| Monitor::default());
        let credentials = Credentials::start_in_arbiter(control_arbiter, |_| Credentials::default());
        let supervisor = Supervisor::start_in_arbiter(control_arbiter, |_| Supervisor::default());
        let crossings = Crossings::start_in_arbiter(control_arbiter, |_| Crossings::default());
        let fail_stop = FailStop::new(latch.clone(), monitor.clone());
        let dag_parts = DagParts {
            store: Box::new(store),
            log: parts.log,
            origin: origin.clone(),
            key: key.clone(),
            layout: layout.clone(),
            head: writer,
            fail_stop: fail_stop.clone(),
            faults: options.faults.clone(),
            groups: groups.clone(),
        };
        let dag = Dag::start_in_arbiter(dag_arbiter, move |_| Dag::new(dag_parts));
        let ledger_state = parts.ledger;
        let ledger =
            LedgerActor::start_in_arbiter(ledger_arbiter, move |_| LedgerActor::new(ledger_state, fail_stop));
        let shared = Arc::new(Shared {
            origin,
            layout,
            passphrase,
            cache,
            modules: parts.modules.into_iter().collect(),
            book: DashMap::new(),
            slots: Permits::new(limits::HAND_OVERS_IN_FLIGHT_MAX),
            head,
            latch,
            refusals: icn_sync::Tally::new(),
            faults: options.faults,
            groups,
            ledger,
            dag,
            monitor,
            supervisor,
            crossings,
            arbiters: scope_arbiters.to_vec(),
            control: control_arbiter.clone(),
            opening: DashSet::new(),
        });
        shared.supervisor.do_send(Begin(shared.clone()));
        shared.crossings.do_send(BeginCrossings(shared.clone()));
        for notice in notices {
            shared.tell(Event::Notice { what: notice });
        }
        let host = Self {
            shared,
            credentials,
            key,
            engines: parts.engines,
            threads: Threads { stop: Some(stop), system: Some(system), _ticker: ticker },
            _lock: lock,
        };
        for chain in parts.chains.into_values() {
            let keys = parts.keys.remove(&chain.scope());
            host.resume(chain, keys).map_err(OpenError::Other)?;
        }
        Ok(host)
    }

    fn resume(&self, chain: Chain, keys: Keys) -> Result<(), String> {
        let keyring = Keyring::read(&self.shared.layout, &chain.scope(), &keys, self.shared.passphrase())
            .map_err(|e| e.to_string())?;
        if keyring.signing(&keys, now_ms()).is_none() {
            self.shared.tell(Event::Notice { what: format!("{}: {NO_KEY}", chain.scope()) });
        }
        list(&self.shared, &chain, keyring);
        let engine_described = self.engines.contains(&self.shared.cache.engine().description().id());
        wait(supervisor::start(&self.shared, chain, keys, engine_described))
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.shared.origin
    }
    /// The host's identity.
    #[must_use]
    pub fn did(&self) -> Did {
        self.key.did()
    }
    /// Size and root of the log, as far as it is durable.
    #[must_use]
    pub fn head(&self) -> Head {
        self.shared.head.read()
    }
    /// The signed checkpoint of the durable log.
    #[must_use]
    pub fn checkpoint(&self) -> String {
        let Head { size, root } = self.head();
        let root = icn_core::name::Bytes(root);
        icn_core::log::Checkpoint { origin: self.shared.origin.clone(), size, root }.sign(&self.key)
    }
    /// Durable groups since the host was opened: each is one append with one sync.
    #[must_use]
    pub fn groups(&self) -> u64 {
        self.shared.groups.read()[0]
    }
    /// What the cache of compiled modules did since the host was opened, and what it has.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.shared.cache.stats()
    }
    /// The scopes that are here.
    #[must_use]
    pub fn scopes(&self) -> BTreeSet<Did> {
        self.shared.book.iter().map(|listing| *listing.key()).collect()
    }
    /// Whether a scope was quarantined after too many restarts.
    #[must_use]
    pub fn is_quarantined(&self, scope: &Did) -> bool {
        self.shared.book.get(scope).is_some_and(|listing| listing.quarantined)
    }

    /// Submits a signed invocation. The gate judges it here and now, on the caller's thread; what passes is in
    /// its scope's mailbox when this returns, in the order of calls.
    pub fn submit(&self, request: Request) -> Result<Pending, Refusal> {
        let pending = self.submit_inner(request);
        if let Err(refusal) = &pending {
            events::count_refusal(refusal.code);
            self.shared.refusals.add(refusal.code.index());
        }
        pending
    }

    fn submit_inner(&self, request: Request) -> Result<Pending, Refusal> {
        if self.shared.latch.is_closed() {
            return Err(crate::dag::closed());
        }
        let mut found = None;
        let admitted = gate::admit(request, &self.shared.origin, now_ms(), |scope| {
            let listing = self.shared.book.get(scope)?;
            found = Some((listing.addr.clone(), listing.places.clone(), listing.quarantined));
            Some(listing.policy.clone())
        })?;
        let unavailable = |what: &str| Refusal::new(RefusalCode::Unavailable, what);
        let (addr, places, quarantined) = found.ok_or_else(|| unavailable("the scope is not here"))?;
        let addr = match addr {
            Some(addr) => addr,
            None if quarantined => {
                return Err(unavailable("the scope is quarantined: its operator must look at it"));
            }
            None => return Err(unavailable("the scope is restarting").retry_after_ms(100)),
        };
        let busy = || Refusal::new(RefusalCode::Busy, "the scope's mailbox is full").retry_after_ms(10);
        let place = places.try_acquire().ok_or_else(busy)?;
        let (answer, receipt) = oneshot::channel();
        addr.try_send(Invoke { admitted, answer, place }).map_err(|error| match error {
            actix::dev::SendError::Full(_) => busy(),
            actix::dev::SendError::Closed(_) => unavailable("the scope is restarting").retry_after_ms(100),
        })?;
        Ok(Pending(receipt))
    }

    /// Opens a scope: its first policy, signed with its key, becomes an entry of the log. Once begun it is
    /// finished, whether or not anybody waits for it. The key stays on this host; where it is not to be,
    /// [`Self::open_operated`].
    pub async fn open_scope(&self, key: SecretKey, spec: ScopeSpec) -> Result<Did, ScopeError> {
        let opening = spec.opening(&self.shared.origin, key.did(), now_ms());
        let envelope = key.seal(Domain::Policy, &opening.payload).to_block();
        self.begin_opening(opening, envelope, Arc::new(key)).await
    }

    async fn begin_opening(
        &self,
        opening: Opening,
        envelope: Block,
        key: Arc<SecretKey>,
    ) -> Result<Did, ScopeError> {
        let scope = opening.policy.scope;
        if self.shared.book.contains_key(&scope) || !self.shared.opening.insert(scope) {
            return Err(ScopeError::Exists(scope));
        }
        let (done, opened) = oneshot::channel();
        let (shared, credentials) = (self.shared.clone(), self.credentials.clone());
        let began = self.shared.control.spawn(async move {
            let opened = open_scope(&shared, &credentials, opening, envelope, key).await;
            shared.opening.remove(&scope);
            // Whoever asked may be gone.
            let _ = done.send(opened);
        });
        if !began {
            self.shared.opening.remove(&scope);
        }
        opened.await.map_err(|_| crate::dag::closed())??;
        Ok(scope)
    }

    fn scope(&self, scope: &Did) -> Option<Addr<crate::scope::Scope>> {
        self.shared.book.get(scope).and_then(|listing| listing.addr.clone())
    }

    /// The receipt that an id got in a scope, if it was applied there.
    pub async fn receipt_of(&self, scope: &Did, id: InvocationId) -> Option<BlockId> {
        self.scope(scope)?.send(ReceiptOf(id)).await.ok().flatten()
    }
    /// What a scope says of itself.
    pub async fn view(&self, scope: &Did) -> Option<ScopeView> {
        self.scope(scope)?.send(View).await.ok()
    }
    /// A value of a module's state in a scope.
    pub async fn value(&self, scope: &Did, module: BlockId, key: &[u8]) -> Option<Vec<u8>> {
        self.scope(scope)?.send(ReadValue { module, key: key.to_vec() }).await.ok().flatten()
    }
    /// The counters of an account.
    pub async fn account(&self, scope: Did, owner: Owner, unit: Unit) -> Option<Account> {
        // Whatever the scope has not told the ledger yet comes first.
        let _ = self.view(&scope).await;
        self.shared.ledger.send(Balance(AccountId { scope, owner, unit })).await.ok()
    }
    /// The counters of all open accounts, in the order of their names.
    pub async fn accounts(&self) -> Vec<(AccountId, Account)> {
        for scope in self.scopes() {
            let _ = self.view(&scope).await;
        }
        let books = self.shared.ledger.send(AskBooks).await.unwrap_or_default();
        books.accounts.into_iter().map(|(id, account)| (id, account.counters())).collect()
    }
    /// The newest alerts.
    pub async fn alerts(&self) -> Vec<String> {
        self.shared.monitor.send(Alerts).await.unwrap_or_default()
    }
    /// How many requests were refused since the host was opened, by code.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<RefusalCode, u64> {
        let counts = self.shared.refusals.read();
        RefusalCode::ALL.into_iter().map(|code| (code, counts[code.index()])).collect()
    }

    /// Closes the host: what is in the mailboxes is finished, the log is closed with a signed checkpoint, and a
    /// snapshot is written. Gives the checkpoint.
    pub fn close(mut self) -> Result<String, OpenError> {
        self.shutdown()
    }

    fn shutdown(&mut self) -> Result<String, OpenError> {
        let Some(stop) = self.threads.stop.take() else { return Ok(String::new()) };
        let result = wait(self.finish());
        self.shared.latch.close();
        self.shared.book.clear();
        self.shared.supervisor.do_send(EndSupervision);
        self.shared.crossings.do_send(EndCrossings);
        let _ = stop.send(());
        if let Some(system) = self.threads.system.take() {
            let _ = system.join();
        }
        result
    }

    async fn finish(&self) -> Result<String, OpenError> {
        let mut chains = Vec::new();
        let (mut whole, mut engine_described) = (true, false);
        for scope in self.scopes() {
            match self.scope(&scope) {
                Some(addr) => match closed(&addr).await {
                    Some((parts, described)) => {
                        engine_described |= described;
                        chains.push((scope, parts));
                    }
                    None => whole = false,
                },
                None => whole = false,
            }
        }
        let ledger = self.shared.ledger.send(AskAll).await.ok();
        let closed = self.shared.dag.send(CloseLog).await.map_err(|e| OpenError::Other(e.to_string()))?;
        let (log, note) = closed.map_err(OpenError::Other)?;
        if let (true, Some(ledger)) = (whole, ledger) {
            let mut engines = self.engines.clone();
            if engine_described {
                engines.insert(self.shared.cache.engine().description().id());
            }
            let snapshot = Snapshot::of(&log, ledger, chains, &engines);
            snapshot::write(&self.shared.layout.snapshots(), &snapshot)?;
        }
        Ok(note)
    }
}

/// Ends a scope's actor, once it has finished what it was given.
async fn closed(addr: &Addr<crate::scope::Scope>) -> Option<(ChainParts, bool)> {
    let (answer, closed) = oneshot::channel();
    addr.send(CloseScope(answer)).await.ok()?;
    closed.await.ok()
}

impl Drop for Host {
    fn drop(&mut self) {
        // Closed by hand or not, the log ends clean; an error has nobody left to hear it.
        let _ = self.shutdown();
    }
}

async fn open_scope(
    shared: &Arc<Shared>,
    credentials: &Addr<Credentials>,
    opening: Opening,
    envelope: Block,
    key: Arc<SecretKey>,
) -> Result<(), ScopeError> {
    let invalid = |e: &dyn std::fmt::Display| ScopeError::Invalid(e.to_string());
    let Opening { policy, payload, modules, rolls, delegations } = opening;
    let scope = policy.scope;
    let brought = keys::brought(&scope, &delegations, &[]).map_err(|e| invalid(&e))?;
    let mut registry = Registry::default();
    registry.open(scope, policy.time, &brought).map_err(|(_, e)| invalid(&e))?;
    for (install, block) in policy.modules.iter().zip(&modules) {
        let compiled = shared.cache.get(block).await;
        events::count_cache(&shared.cache.stats());
        let module = compiled.map_err(|error| not_compiled(block.id(), &error))?;
        check_install(install, &module).map_err(|e| invalid(&e))?;
    }
    if payload.bytes().len() > limits::BLOCK_BYTES_MAX {
        return Err(invalid(&format!(
            "a policy of {} bytes where {} are allowed",
            payload.bytes().len(),
            limits::BLOCK_BYTES_MAX
        )));
    }
    let put = PutInForce { id: envelope.id(), policy: policy.clone(), rolls: rolls.clone() };
    let gone = |_| ScopeError::Refused(crate::dag::closed());
    let in_force = credentials.send(put).await.map_err(gone)?.map_err(|e| invalid(&e))?;
    let chain = Chain::open(in_force).map_err(|e| invalid(&e))?;
    icn_core::ledger::Ledger::default().issue(scope, &policy.issue).map_err(|e| invalid(&e))?;
    directory::write_key(&keys::file(&shared.layout, &scope, &key.did()), &key, shared.passphrase())
        .map_err(|e| invalid(&e))?;
    let mut blocks = vec![payload, envelope];
    let leaves = vec![blocks[1].id()];
    blocks.extend(rolls);
    blocks.extend(modules.iter().cloned());
    blocks.extend(delegations);
    let (answer, durable) = oneshot::channel();
    let link = Link { author: scope, seq: 0, prev: None };
    let hand_over = HandOver {
        entry: Entry { leaves, blocks },
        links: vec![link],
        reply: Reply::Position(answer),
        slot: None,
    };
    shared.dag.send(hand_over).await.map_err(gone)?;
    let _ = durable.await.map_err(|_| crate::dag::closed())??;
    for block in modules {
        shared.modules.insert(block.id(), block);
    }
    let issue = IssueUnits { scope, time: policy.time, issues: policy.issue };
    shared.ledger.send(issue).await.map_err(gone)?.map_err(|e| invalid(&e))?;
    list(shared, &chain, Keyring::of(scope, key));
    supervisor::start(shared, chain, registry.remove(&scope), false).await.map_err(|e| invalid(&e))
}

/// A module that is refused makes the scope unsound; for anything else its administrator may come back.
fn not_compiled(module: BlockId, error: &CacheError) -> ScopeError {
    let text = format!("module {module}: {error}");
    match error {
        CacheError::Rejected(_) => ScopeError::Invalid(text),
        CacheError::Busy { .. } => {
            ScopeError::Refused(Refusal::new(RefusalCode::Busy, text).retry_after_ms(1000))
        }
        CacheError::NoThread(_) => {
            ScopeError::Refused(Refusal::new(RefusalCode::Unavailable, text).retry_after_ms(1000))
        }
    }
}

/// Enters a scope in the address book, without an actor yet.
fn list(shared: &Shared, chain: &Chain, keyring: Keyring) {
    let generation = Arc::new(Generation::new());
    // A stamp that nobody has: the first actor gets the next one.
    let Some(stamp) = generation.advance() else { return };
    let listing = Listing {
        policy: chain.policy().clone(),
        addr: None,
        quarantined: false,
        places: Permits::new(limits::SCOPE_MAILBOX_MESSAGES_MAX),
        generation,
        stamp,
        starts: 0,
        keyring,
        arbiter: shared.book.len(),
    };
    shared.book.insert(chain.scope(), listing);
}

/// Waits for a future on a thread of its own, so that the caller may be inside any executor.
fn wait<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    let waited = std::thread::scope(|scope| scope.spawn(|| futures::executor::block_on(future)).join());
    waited.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn host_key(
    layout: &Layout,
    found: Option<SecretKey>,
    host: Option<&HostBlock>,
    passphrase: Option<&Passphrase>,
) -> Result<SecretKey, OpenError> {
    let path = layout.host_key();
    if let Some(host) = host {
        return Ok(directory::key_of(&path, found, &host.host)?);
    }
    if let Some(key) = found {
        return Ok(key);
    }
    let key = random_key().map_err(OpenError::Other)?;
    directory::write_key(&path, &key, passphrase)?;
    Ok(key)
}

fn first_entry(
    store: &mut SegmentStore,
    log: &mut icn_core::log::Log,
    origin: &Origin,
    key: &SecretKey,
) -> Result<(), OpenError> {
    use icn_history::store::LogStore as _;
    let host = HostBlock { typ: HostTag, log: origin.clone(), host: key.did(), time: now_ms() };
    let payload = Block::encode(&host);
    let envelope = key.seal(Domain::Host, &payload).to_block();
    let entry = Entry { leaves: vec![envelope.id()], blocks: vec![payload, envelope] };
    let link = Link { author: key.did(), seq: 0, prev: None };
    store.append(0, &[&entry])?;
    log.append(&entry, &[link]).map_err(|e| OpenError::Other(e.to_string()))?;
    Ok(())
}

type Started = (Vec<ArbiterHandle>, oneshot::Sender<()>, JoinHandle<()>);

/// Starts the arbiters: the DAG's, the ledger's, one for control, and so many for scopes.
pub(crate) fn start_threads(scope_arbiters: usize) -> Result<Started, OpenError> {
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, arbiters) = crossbeam::channel::bounded(1);
    let system = std::thread::Builder::new()
        .name("icn-system".into())
        .spawn(move || {
            let system = System::new();
            system.block_on(async move {
                let arbiters: Vec<Arbiter> = (0..scope_arbiters + 3).map(|_| Arbiter::new()).collect();
                let _ = ready.send(arbiters.iter().map(Arbiter::handle).collect());
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
    let arbiters =
        arbiters.recv().map_err(|_| OpenError::Other("the actors' threads did not start".into()))?;
    Ok((arbiters, stop, system))
}
