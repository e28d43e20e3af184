//! Starting a scope's actor: at the host's opening, when a scope is opened, and when one comes back. Taking one out of the
//! address book that went down.
//!
//! The scope must be in the address book already. Its modules are compiled before anything is changed; then it gets the
//! next generation, and its actor starts on its arbiter.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::Actor as _;
use actix_rt::ArbiterHandle;
use dashmap::DashMap;
use icn_core::encode::Block;
use icn_core::fold::Chain;
use icn_core::limits;
use icn_core::name::{BlockId, Did};
use icn_core::rules::keys::Keys;
use icn_sandbox::{Module, check_install};
use icn_sync::{Generation, Permits, Stamp};

use crate::address_book::{AddressBook, Listing};
use crate::events::{self, Event};
use crate::keyring::Keyring;
use crate::scope::{Scope, ScopeParts};
use crate::shared::Shared;

/// What is needed to start the actor of any scope.
pub(crate) struct ScopeStarter {
    pub(crate) shared: Arc<Shared>,
    pub(crate) book: Arc<AddressBook>,
    /// The bytes of all modules that a scope has installed.
    pub(crate) modules: DashMap<BlockId, Block>,
    /// Where scopes run. There is at least one.
    pub(crate) arbiters: Vec<ArbiterHandle>,
}

impl ScopeStarter {
    /// Enters a scope in the address book, without an actor yet.
    pub(crate) fn list(&self, chain: &Chain, keyring: Keyring) {
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
            arbiter: self.book.len(),
        };
        self.book.insert(chain.scope(), listing);
    }

    /// Starts a scope's actor on its arbiter and enters it in the address book.
    pub(crate) async fn start(&self, chain: Chain, keys: Keys, engine_described: bool) -> Result<(), String> {
        let scope = chain.scope();
        let modules = self.compile(&chain).await?;
        let mut listing = self.book.get_mut(&scope).ok_or("the scope is not in the address book")?;
        let stamp = listing.generation.advance().ok_or("the generation before is not over")?;
        listing.starts += 1;
        listing.policy = chain.policy().clone();
        listing.stamp = stamp;
        let parts = ScopeParts {
            chain,
            modules,
            keys,
            keyring: listing.keyring.clone(),
            generation: listing.generation.clone(),
            stamp,
            engine_described,
        };
        let arbiter = self.arbiters.get(listing.arbiter % self.arbiters.len()).ok_or("no arbiter")?;
        let shared = self.shared.clone();
        listing.addr = Some(Scope::start_in_arbiter(arbiter, move |_| Scope::new(shared, parts)));
        Ok(())
    }

    /// Compiles what the chain's policy installs, and checks that the modules are what the policy says.
    async fn compile(&self, chain: &Chain) -> Result<BTreeMap<BlockId, Arc<Module>>, String> {
        let mut modules = BTreeMap::new();
        let cache = &self.shared.cache;
        for install in &chain.policy().policy().modules {
            let id = install.module;
            let block = self.modules.get(&id).map(|block| block.clone());
            let block: Block = block.ok_or_else(|| format!("module {id} is missing"))?;
            let compiled = cache.get_installed(&block).await;
            events::count_cache(&cache.stats());
            let module = compiled.map_err(|e| format!("module {id}: {e}"))?;
            check_install(install, &module)?;
            modules.insert(id, module);
        }
        Ok(modules)
    }

    /// Takes a scope's actor out of the address book: it went down. False when it is another actor that is there.
    pub(super) fn take_down(&self, scope: &Did, stamp: Stamp, what: &str) -> bool {
        let Some(mut listing) = self.book.get_mut(scope) else { return false };
        if listing.stamp != stamp {
            return false;
        }
        listing.addr = None;
        let generation = listing.starts;
        self.shared.tell(Event::Panicked { scope: *scope, generation, what: what.to_owned() });
        true
    }

    /// Gives a scope up: it gets no new actor until the host is opened again.
    pub(super) fn quarantine(&self, scope: Did, what: String) {
        if let Some(mut listing) = self.book.get_mut(&scope) {
            listing.quarantined = true;
            self.shared.tell(Event::Quarantined { scope, what });
        }
    }
}
