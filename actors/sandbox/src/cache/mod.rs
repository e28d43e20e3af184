//! Compiled modules by name: each is compiled once, however many ask for it at once, on one of a few threads of its
//! own. Failures are remembered like successes, apart from them; both are bounded.
//!
//! What was compiled and is installed can also be kept on disk, as an artefact that only this host can have made
//! ([`Cache::with_artefacts`], `artefact.rs`). A module's bytes are validated before its artefact is looked at.
//!
//! A module that is in use lives as long as its `Arc`, whether or not the cache still has it.

mod flights;
mod lru;

use std::path::Path;
use std::sync::Arc;

use icn_core::encode::Block;
use icn_core::limits;

pub(crate) use self::lru::Lru;

use self::flights::{Flights, For, Maker, Outcome};
use crate::artefact::{Artefacts, Found};
use crate::engine::Engine;
use crate::instrument::Mode;
use crate::run::Module;
use crate::validate::{self, Rejected};

/// How much a cache keeps, and how much it does at once. The defaults are those of [`limits`].
#[derive(Debug, Clone)]
pub struct CacheLimits {
    /// Bytes of compiled modules.
    pub compiled_bytes: usize,
    /// Refused modules that are remembered.
    pub refused_modules: usize,
    /// Bytes of the reasons why they were.
    pub refused_bytes: usize,
    /// Modules that are compiled at once; at least one is.
    pub compiles_at_once: usize,
    /// New modules that wait for that.
    pub compiles_waiting: usize,
    /// Bytes of artefacts on disk.
    pub artefact_dir_bytes: u64,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self {
            compiled_bytes: limits::COMPILED_BYTES_MAX,
            refused_modules: limits::REFUSED_MODULES_MAX,
            refused_bytes: limits::REFUSED_BYTES_MAX,
            // Half of the cores, so that compiling never keeps all of them from the scopes.
            compiles_at_once: std::thread::available_parallelism()
                .map_or(1, |cores| cores.get() / 2)
                .clamp(1, limits::COMPILES_AT_ONCE_MAX),
            compiles_waiting: limits::COMPILES_WAITING_MAX,
            artefact_dir_bytes: limits::ARTEFACT_DIR_BYTES_MAX,
        }
    }
}

/// What a cache did since it was made, and what it has now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Modules that were compiled.
    pub compiled: u64,
    /// Modules that were loaded from their artefacts.
    pub loaded: u64,
    /// Modules that were judged and refused; a refusal that is remembered is not counted again.
    pub refused: u64,
    /// Modules that made room for others, or were too large to be kept.
    pub evicted: u64,
    /// Artefacts that were found and not used, because something about them was not as it must be.
    pub discarded: u64,
    /// Requests that were told `Busy`.
    pub busy: u64,
    /// Compiled modules that are kept.
    pub modules: usize,
    /// Bytes that they count for.
    pub bytes: usize,
    /// Refusals that are kept.
    pub refusals: usize,
    /// Bytes that they count for.
    pub refusal_bytes: usize,
    /// Threads that compile now.
    pub compiling: usize,
    /// Modules that wait for one.
    pub waiting: usize,
}

/// Why there is no compiled module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// The module is not one that may run: remembered, and the same the next time.
    #[error("{0}")]
    Rejected(Arc<Rejected>),
    /// Too many modules wait to be compiled. Nothing was looked at: come back later.
    #[error("{waiting_max} modules wait to be compiled already, and no more may: come back later")]
    Busy {
        /// How many may wait.
        waiting_max: usize,
    },
    /// The host's own fault; the module was not judged.
    #[error("no thread to compile on: {0}")]
    NoThread(String),
}

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
    /// An empty cache in memory, with the bounds of [`limits`].
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

/// Where modules are made: validated, then loaded or compiled.
struct Workshop {
    engine: Engine,
    artefacts: Option<Artefacts>,
}

impl Maker for Workshop {
    type Made = Module;

    fn make(&self, block: &Block) -> Outcome<Module> {
        let shape = match validate::validate(block.bytes()) {
            Ok(shape) => shape,
            Err(why) => return Outcome { made: Err(why), loaded: false, discarded: false },
        };
        let found = self.artefacts.as_ref().map_or(Found::Nothing, |a| a.load(&self.engine, block.id()));
        let discarded = matches!(found, Found::Discarded);
        let (made, loaded) = match found {
            Found::Module(compiled) => {
                (Module::link(&self.engine, block, shape, &compiled, Mode::Plain), true)
            }
            Found::Nothing | Found::Discarded => {
                let compiled = Module::build(&self.engine, block, Mode::Plain);
                (
                    compiled.and_then(|compiled| {
                        Module::link(&self.engine, block, shape, &compiled, Mode::Plain)
                    }),
                    false,
                )
            }
        };
        let counted = |module: Module| {
            let bytes = module.compiled_bytes() + block.bytes().len();
            (module, bytes)
        };
        Outcome { made: made.map(counted), loaded, discarded }
    }
    fn keep(&self, module: &Module) {
        if let Some(artefacts) = &self.artefacts {
            artefacts.store(module.id(), module.compiled());
        }
    }
}
