//! Checks that bytes are strict dag-cbor (IPLD dag-cbor specification, "Strictness") without decoding them into
//! values.
//!
//! One pass, no recursion, no copy: an explicit stack counts nested items. [`scan`] judges by the specification
//! alone; [`strict`] accepts only what this runtime writes: no floats, and links to its own kinds of blocks only.

mod error;
mod scan;
mod strict;
#[cfg(test)]
mod tests;

pub use error::{CborError, CborFlaw};
pub use scan::{Scan, scan};
pub use strict::strict;
