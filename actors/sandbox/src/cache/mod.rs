//! Compiled modules by name. Each is compiled once, however many ask for it at the same time, on one of a few
//! threads of the cache's own (`flights.rs`). Refused modules are remembered too, apart from the others; both are
//! bounded.
//!
//! A module that is compiled and installed can also be kept on disk, as an artefact that only this host can have
//! made ([`Cache::with_artefacts`], `artefact.rs`). A module's bytes are always validated before its artefact is
//! looked at.
//!
//! A module that is in use lives as long as its `Arc`, whether or not the cache still has it.

mod artefact;
mod artefact_directory;
mod error;
mod flights;
mod limits;
mod lru;
mod maker;
mod queue;
mod stats;
mod workshop;

use std::path::Path;
use std::sync::Arc;

use icn_core::encode::Block;

pub use self::error::CacheError;
pub use self::limits::CacheLimits;
pub(crate) use self::lru::Lru;
pub use self::stats::CacheStats;

use self::artefact_directory::Artefacts;
use self::flights::Flights;
use self::queue::Purpose;
use self::workshop::Workshop;
use crate::engine::Engine;
use crate::run::Module;

/// The cache. A clone is the same cache.
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

    /// The same cache, empty, which also keeps installed modules in this directory, and looks there first.
    ///
    /// The directory is made if it is missing, and its owner alone may read it. One cache has it at a time. The key
    /// is a secret of the host: whoever has it can make code that this process runs.
    pub fn with_artefacts(self, dir: &Path, key: [u8; 32]) -> std::io::Result<Self> {
        let (engine, limits) = (self.engine().clone(), self.flights.limits().clone());
        let artefacts = Artefacts::open(dir, &key, &engine, limits.artefact_dir_bytes)?;
        let workshop = Workshop { engine, artefacts: Some(artefacts) };
        Ok(Self { flights: Arc::new(Flights::new(workshop, limits)) })
    }

    /// The engine for which it compiles.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.flights.maker().engine
    }

    /// What the cache did so far, and what it has now.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.flights.stats()
    }

    /// The compiled module, for somebody who wants to install it; or why there is none. The first who asks starts the
    /// compilation. When too many wait for theirs, the answer is [`CacheError::Busy`].
    pub fn get(&self, block: &Block) -> impl Future<Output = Result<Arc<Module>, CacheError>> + Send + use<> {
        self.flights.get(block, Purpose::Install)
    }

    /// The compiled module, for a scope that has it installed. It goes before modules that are not installed, and
    /// is never told `Busy`. When this is answered, the module's artefact is on disk, if the cache has a directory.
    pub fn get_installed(
        &self,
        block: &Block,
    ) -> impl Future<Output = Result<Arc<Module>, CacheError>> + Send + use<> {
        self.flights.get(block, Purpose::Installed)
    }
}
