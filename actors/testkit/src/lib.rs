//! What the tests and the fuzz targets share: generators, oracles, and checks that drive the real machines
//! and the oracles side by side.
//!
//! A check takes bytes and panics when the machine under test does what it must not. The same function is a
//! property test (`actors/core/tests/properties.rs`), a fuzz target (`fuzz/`) and the replay of that
//! target's corpus (`tests/corpus.rs`), so what a fuzzer finds stays found.
//!
//! - [`generate`]: bytes to structures, and `proptest` strategies over them.
//! - [`oracle`]: the same answers from the definitions, slow and short.
//! - [`history`]: whole logs, written as a host writes them, and then spoiled.
//! - [`books`]: the rules of the ledger once more, and the comparison with its machine.
//! - [`plain`]: a ledger as plain as it can be, and [`runs`]: that guests see no other.
//! - [`schedules`]: every order of a few actors' steps, states that were there already once.
//! - [`check`]: the comparison, and the invariants of the design.
//! - [`abi_model`]: what each call of the host ABI must come to, from its contract.
//! - [`TestHost`]: what the tests of a guest use. Feature `engine`, on by default; the fuzz targets and the tests
//!   of core do without it, and so without wasmtime.
//! - `guests`: random modules and recursions without an end. Feature `guests`.
//! - `stories`: the example guests, each with calls that build on one another. Feature `guests`.
//!
//! Nothing here is reached by a host: this crate is a test dependency alone.

#![forbid(unsafe_code)]

pub mod abi_model;
pub mod books;
pub mod check;
pub mod generate;
#[cfg(feature = "guests")]
pub mod guests;
pub mod history;
#[cfg(feature = "engine")]
mod host;
pub mod oracle;
pub mod plain;
pub mod runs;
pub mod schedules;
#[cfg(feature = "guests")]
pub mod stories;

#[cfg(feature = "engine")]
pub use host::{AsCaller, AsOwner, Ended, TestHost, TestHostError};
#[cfg(feature = "engine")]
pub use icn_core::block::TrapKind;
#[cfg(feature = "engine")]
pub use icn_sandbox::scratch::{Run, Scratch, ScratchCall, ScratchError};
