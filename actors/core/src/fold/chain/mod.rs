//! One scope's chain: its policy and receipts in their sequence, and the state that they fold into.
//!
//! The host's way: [`Chain::next_time`] (may this run?), then the sandbox, then [`Chain::draft`], then either
//! [`Chain::commit`] or [`Chain::abort`]. The fold's way: [`Chain::apply`] of what the log says. Both end with
//! the same state, and the auditor uses both and compares.

mod apply;
mod checks;
mod draft;
mod machine;
mod parts;

pub use draft::Draft;
pub use machine::Chain;
pub use parts::ChainParts;
