//! What a log adds up to, checked entry by entry: scopes' chains, crossings between them, the fold, and a second set of
//! books.

pub mod bookkeeping;
mod chain;
pub mod crossing;
mod deadlines;
mod difference;
mod divergence;
mod prepared;
mod replay;
mod rerun;

pub use chain::{Chain, ChainParts, Draft};
pub use divergence::Divergence;
pub use prepared::{Prepared, Trust, signer_among};
pub use replay::{Fold, FoldParts};
pub use rerun::{Rerun, Rerunner, cap_storage, least_storage};
