//! Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2; RFC 9162, sections 2.1.3 and 2.1.4).
//!
//! A proof is a list of the roots of subtrees. Two numbers decide which subtrees these are, so they are given
//! as ranges of leaves: a caller that has the leaves, a frontier or the tiles computes the roots from what it
//! has. A proof comes from anybody and may have any length and any content; verifying it never takes more
//! steps than a tree is high.
//!
//! - `error`: why a proof proves nothing
//! - `steps`: which subtrees a proof has
//! - `prover`: makes a proof while the leaves go by
//! - `verify`: whether a proof leads to a root

mod error;
mod prover;
mod steps;
mod verify;

#[cfg(test)]
mod tests;

pub use error::ProofError;
pub use prover::Prover;
pub use steps::{consistency_ranges, inclusion_ranges};
pub use verify::{verify_consistency, verify_inclusion};
