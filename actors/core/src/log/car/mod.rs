//! CAR version 1 (IPLD "Specification: Content Addressable aRchives (CAR / .car) v1"): a header with roots, then
//! blocks, each after its length and its CID (docs/formats.md, "Proofs, tiles, cosignatures, CAR").
//!
//! A file that is read comes from anybody and may have any length. [`Sections`] takes its bytes as they come
//! and gives what is complete, so it needs the memory of one section. It reads any CAR;
//! [`Section::into_block`] accepts only blocks of this runtime, and compares their bytes with their names.
//!
//! - `error`: what is wrong with a file
//! - `head`: lengths and CBOR heads
//! - `write`: the header and the sections
//! - `read`: the same, from bytes

mod error;
mod head;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use error::{CarError, CarFlaw};
pub use read::{Item, Section, Sections};
pub use write::{header, push_section};
