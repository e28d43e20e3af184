//! Opening a data directory: a new one, or one with a log.
//!
//! In this order: the directory is judged, before anything is created; it is locked; the log is recovered; the first entry
//! is written where there is none; the checkpoint, the verifier key and, after a long fold, a snapshot are written; the
//! engine and the actors start (`start.rs`); each scope of the log gets its actor. A log that is not valid is never changed.

use std::sync::Arc;

use icn_core::block::{Entry, HostBlock, HostTag};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::fold::{Chain, FoldParts};
use icn_core::log::{Link, Log, verifier_key};
use icn_core::name::{Did, Origin};
use icn_core::rules::keys::Keys;
use icn_history::checkpoint::judge_verifier_key;
use icn_history::directory::{self, Layout, Lock};
use icn_history::disk;
use icn_history::key_file::{Passphrase, random_key};
use icn_history::recover::recover;
use icn_history::snapshot::{self, Snapshot};
use icn_history::store::{LogStore as _, SegmentStore};

use super::error::OpenError;
use super::handle::{Files, Host, Identity};
use super::options::HostOptions;
use super::start::{Cached, start_actors};
use super::threads::wait;
use crate::clock::now_ms;
use crate::events::Event;
use crate::keyring::{Keyring, NO_KEY};

/// Entries that are folded at an opening before a snapshot is written right away.
const SNAPSHOT_AFTER_ENTRIES: u64 = 10_000;

/// What a data directory has, before any actor exists.
struct Opened {
    identity: Identity,
    files: Files,
    store: SegmentStore,
    parts: FoldParts,
    /// What a person should know of what was found.
    notices: Vec<String>,
    /// Entries that were folded, without those that a snapshot covered.
    folded: u64,
}

impl Host {
    /// Opens a data directory, or makes a new one.
    pub fn open(options: HostOptions) -> Result<Self, OpenError> {
        let mut opened = Opened::read(&options)?;
        opened.write_derived()?;
        let Opened { identity, files, store, mut parts, mut notices, .. } = opened;
        let cached = Cached::open(&options, &files.layout)?;
        notices.extend(cached.notice.clone());
        let (chains, mut keys) = (std::mem::take(&mut parts.chains), std::mem::take(&mut parts.keys));
        let host = start_actors(&options, (identity, files), (store, parts), cached)?;
        for what in notices {
            host.shared.tell(Event::Notice { what });
        }
        for chain in chains.into_values() {
            let keys = keys.remove(&chain.scope());
            host.resume(chain, keys).map_err(OpenError::Other)?;
        }
        Ok(host)
    }

    /// Starts the actor of a scope that the log has.
    fn resume(&self, chain: Chain, keys: Keys) -> Result<(), String> {
        let scope = chain.scope();
        let keyring = Keyring::read(&self.files.layout, &scope, &keys, self.files.passphrase())
            .map_err(|e| e.to_string())?;
        if keyring.signing(&keys, now_ms()).is_none() {
            self.shared.tell(Event::Notice { what: format!("{scope}: {NO_KEY}") });
        }
        self.starter.list(&chain, keyring);
        let engine_described = self.engines.contains(&self.shared.cache.engine().description().id());
        wait(self.starter.start(chain, keys, engine_described))
    }
}

impl Opened {
    /// Judges and locks the directory, recovers the log, and writes its first entry where there is none.
    fn read(options: &HostOptions) -> Result<Self, OpenError> {
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
        let host = recovered.fold.host();
        if host.is_none() {
            directory::log_is_not_gone(&layout)?;
        }
        let key = host_key(&layout, found, host, passphrase.as_deref())?;
        let origin = match (host, &options.origin) {
            (Some(host), _) => host.log.clone(),
            (None, Some(origin)) => origin.clone(),
            (None, None) => Origin::parse(&format!("icn.local/{}", &key.did().as_str()["did:key:".len()..]))
                .map_err(|e| OpenError::Other(e.to_string()))?,
        };
        let mut parts = recovered.fold.into_parts();
        let mut store = SegmentStore::open(&layout.log(), &recovered.reader)?;
        if parts.host.is_none() {
            write_first_entry(&mut store, &mut parts.log, &origin, &key)?;
        }
        Ok(Self {
            identity: Identity { origin, key: Arc::new(key) },
            files: Files { layout, passphrase, _lock: lock },
            store,
            parts,
            notices: recovered.notices,
            folded: recovered.folded,
        })
    }

    /// Writes what is derived from the log: the checkpoint, the verifier key, and a snapshot after a long fold.
    fn write_derived(&mut self) -> Result<(), OpenError> {
        let (Identity { origin, key }, layout) = (&self.identity, &self.files.layout);
        let parts = &self.parts;
        // Whatever happens from here on, an auditor finds a checkpoint.
        disk::replace(&layout.checkpoint(), parts.log.checkpoint(origin).sign(key).as_bytes())?;
        let verifier = verifier_key(origin, &key.did());
        self.notices.extend(judge_verifier_key(layout, &verifier)?);
        disk::replace(&layout.verifier_key(), format!("{verifier}\n").as_bytes())?;
        if self.folded >= SNAPSHOT_AFTER_ENTRIES {
            let chains: Vec<(Did, _)> =
                parts.chains.iter().map(|(scope, chain)| (*scope, chain.parts())).collect();
            let ledger = (parts.ledger.books(), parts.ledger.remembered());
            let snapshot = Snapshot::of(&parts.log, ledger, chains, &parts.engines);
            let _ = snapshot::write(&layout.snapshots(), &snapshot)?;
        }
        Ok(())
    }
}

/// The host's key: the one in its file, which must be the one that the log names; or a new one, where there is no log.
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

/// Begins a log: with the host's own block.
fn write_first_entry(
    store: &mut SegmentStore,
    log: &mut Log,
    origin: &Origin,
    key: &SecretKey,
) -> Result<(), OpenError> {
    let host = HostBlock { typ: HostTag, log: origin.clone(), host: key.did(), time: now_ms() };
    let payload = Block::encode(&host);
    let envelope = key.seal(Domain::Host, &payload).to_block();
    let entry = Entry { leaves: vec![envelope.id()], blocks: vec![payload, envelope] };
    let link = Link { author: key.did(), seq: 0, prev: None };
    store.append(0, &[&entry])?;
    log.append(&entry, &[link]).map_err(|e| OpenError::Other(e.to_string()))?;
    Ok(())
}
