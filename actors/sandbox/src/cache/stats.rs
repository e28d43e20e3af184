//! What a cache counts of itself, for the monitor and for tests.

/// What a cache did since it was made, and what it has now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Modules that were compiled.
    pub compiled: u64,
    /// Modules that were loaded from their artefacts.
    pub loaded: u64,
    /// Modules that were judged and refused. A refusal that is remembered is not counted again.
    pub refused: u64,
    /// Modules that made room for others, or were too large to be kept.
    pub evicted: u64,
    /// Artefacts that were found and not used, because they were not as this host writes them.
    pub discarded: u64,
    /// Requests that were answered `Busy`.
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
    /// Modules that wait for a thread.
    pub waiting: usize,
}
