//! Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2; RFC 9162, sections 2.1.3 and 2.1.4).
//!
//! A proof is a list of subtrees' roots. Which subtrees is a function of two numbers, and is given as ranges of
//! leaves: whoever has the leaves, a frontier or the tiles makes the roots from what they have.

mod prover;
mod steps;
#[cfg(test)]
mod tests;
mod verify;

pub use prover::Prover;
pub use steps::{ProofError, consistency_ranges, inclusion_ranges};
pub use verify::{verify_consistency, verify_inclusion};
