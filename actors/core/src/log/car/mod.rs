//! CAR version 1 (IPLD "Specification: Content Addressable aRchives (CAR / .car) v1"): a header with roots, then
//! blocks, each behind its length and its CID.
//!
//! [`Sections`] is fed bytes as they come and gives what is complete, so a file of any length takes one section's
//! memory. It reads any CAR; [`Section::into_block`] takes the blocks of this runtime alone, and compares their bytes
//! with their names.

mod error;
mod number;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use error::{CarError, CarFlaw};
pub use read::{Item, Section, Sections};
pub use write::{header, push_section};
