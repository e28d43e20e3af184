//! How much a cache keeps, and how much it does at once.

use icn_core::limits;

/// The bounds of a cache. The defaults are those of [`limits`].
#[derive(Debug, Clone)]
pub struct CacheLimits {
    /// Bytes of compiled modules, at most.
    pub compiled_bytes: usize,
    /// Refused modules that are remembered, at most.
    pub refused_modules: usize,
    /// Bytes of the reasons why they were refused, at most.
    pub refused_bytes: usize,
    /// Modules that are compiled at the same time, at most; zero is taken as one.
    pub compiles_at_once: usize,
    /// Modules to be installed that wait for that, at most.
    pub compiles_waiting: usize,
    /// Bytes of artefacts on disk, at most.
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
