//! Whether bytes are dag-cbor (IPLD dag-cbor specification, "Strictness"), without making values of them.
//!
//! One pass, no recursion, no copy: what is nested is counted, not called. [`scan`] judges by the specification alone;
//! [`strict`] judges by what this runtime writes, which is less: no floats, links to its own kinds of blocks only.

mod error;
mod scan;
mod strict;
#[cfg(test)]
mod tests;

pub use error::{CborError, CborFlaw};
pub use scan::{Scan, scan};
pub use strict::strict;
