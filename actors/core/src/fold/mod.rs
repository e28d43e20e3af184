//! What a log adds up to, checked entry by entry: scopes' chains, crossings between them, the fold, and a second set of
//! books.

mod body;
pub mod bookkeeping;
mod chain;
pub mod crossing;
mod deadlines;
mod difference;
mod divergence;
mod look;
mod machine;
mod opened;
mod prepared;
mod recorded;
mod replay;
mod rerun;

pub use chain::{Chain, ChainParts, Draft};
pub use divergence::Divergence;
pub use look::{Trust, signer_among};
pub use machine::{Fold, FoldParts};
pub use prepared::Prepared;
pub use rerun::{Rerun, Rerunner, cap_storage, least_storage};
