//! Compiled modules by name: each is compiled once, however many ask for it at once, on one of a few threads of its
//! own. Failures are remembered like successes, apart from them; both are bounded.
//!
//! What was compiled and is installed can also be kept on disk, as an artefact that only this host can have made
//! ([`Cache::with_artefacts`], `artefact.rs`). A module's bytes are validated before its artefact is looked at.
//!
//! A module that is in use lives as long as its `Arc`, whether or not the cache still has it.

mod artefact;
mod error;
mod flights;
mod limits;
mod lru;
mod stats;
mod workshop;

use std::path::Path;
use std::sync::Arc;

use icn_core::encode::Block;

pub use self::error::CacheError;
pub use self::limits::CacheLimits;
pub(crate) use self::lru::Lru;
pub use self::stats::CacheStats;

use self::artefact::Artefacts;
use self::flights::{Flights, For};
use self::workshop::Workshop;
use crate::engine::Engine;
use crate::run::Module;

/// The cache: shared, and one of the two maps that are.
#[derive(Clone)]
pub struct Cache {
    flights: Arc<Flights<Workshop>>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Cache {
    /// An empty cache in memory, with the bounds of `icn_core::limits`.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self::with_limits(engine, CacheLimits::default())
    }

    /// An empty cache in memory, with these bounds.
    #[must_use]
    pub fn with_limits(engine: Engine, mut limits: CacheLimits) -> Self {
        limits.compiles_at_once = limits.compiles_at_once.max(1);
        Self { flights: Arc::new(Flights::new(Workshop { engine, artefacts: None }, limits)) }
    }

    /// The same cache, empty, that keeps installed modules in this directory too, and looks there first. The
    /// directory is made when it is not there, for its owner's eyes alone; one cache has it at a time. Whoever has
    /// the key can make code that this process runs: it is the host's own secret.
    pub fn with_artefacts(self, dir: &Path, key: [u8; 32]) -> std::io::Result<Self> {
        let (engine, limits) = (self.engine().clone(), self.flights.limits().clone());
        let artefacts = Artefacts::open(dir, &key, &engine, limits.artefact_dir_bytes)?;
        let workshop = Workshop { engine, artefacts: Some(artefacts) };
        Ok(Self { flights: Arc::new(Flights::new(workshop, limits)) })
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.flights.maker().engine
    }

    /// What it did, and what it has.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.flights.stats()
    }

    /// The compiled module of somebody who wants to install it, once it is compiled; or why there is none. Whoever
    /// asks first starts the compilation; when too many wait for theirs, the answer is [`CacheError::Busy`].
    pub fn get(&self, block: &Block) -> impl Future<Output = Result<Arc<Module>, CacheError>> + Send + use<> {
        self.flights.get(block, For::Install)
    }

    /// The same for a module that is installed: it goes before those that are not, and is never told `Busy`. When
    /// this is answered, the module's artefact is on disk, where there is a directory for it.
    pub fn get_installed(
        &self,
        block: &Block,
    ) -> impl Future<Output = Result<Arc<Module>, CacheError>> + Send + use<> {
        self.flights.get(block, For::Installed)
    }
}
