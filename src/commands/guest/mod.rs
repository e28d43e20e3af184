//! Tools for authors of guests: what a guest may call, whether a host takes a module, and what one call does.
//!
//! Nothing here opens a host, and nothing is written.

pub(crate) mod abi;
pub(crate) mod check;
pub(crate) mod run;
