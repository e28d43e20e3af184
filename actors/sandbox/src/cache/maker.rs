//! What `Flights` needs of whoever makes things: to make one from a block, and to keep one beyond this process.

use icn_core::encode::Block;

use crate::validate::Rejected;

/// Makes a thing from its block. It may take long, and may panic.
pub(super) trait Maker: Send + Sync + 'static {
    /// The thing.
    type Made: Send + Sync + 'static;
    /// Makes it.
    fn make(&self, block: &Block) -> Outcome<Self::Made>;
    /// Keeps it beyond this process. This is asked only for what is installed, so a module that is refused or never
    /// installed leaves nothing behind.
    fn keep(&self, made: &Self::Made);
}

/// What came of making a thing.
pub(super) struct Outcome<V> {
    /// The thing and the bytes that it counts for, or why the block is refused.
    pub(super) made: Result<(V, usize), Rejected>,
    /// Whether it was loaded from an artefact.
    pub(super) loaded: bool,
    /// Whether an artefact was found and not used.
    pub(super) discarded: bool,
}
