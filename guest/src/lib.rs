//! The SDK for guest programs: the host's calls, version 1 of the ABI, as safe functions without pointers.
//!
//! A guest is a `cdylib` whose entries are ordinary functions. An entry reads its [`input`], calls the host, sets
//! an output, and returns `Ok(())`. If it returns a [`Failure`] instead, nothing that it did takes effect, the
//! receipt has the failure's number and message, and what the entry consumed stays charged.
//!
//! ```
//! use icn_guest::{Failure, state};
//!
//! icn_guest::guest! { entries: [greet], capabilities: ["state"] }
//!
//! /// Greets each member once.
//! pub fn greet() -> Result<(), Failure> {
//!     let caller = icn_guest::caller()?;
//!     if state::contains(caller.as_bytes())? {
//!         return Err(Failure::new(1, "you have been greeted"));
//!     }
//!     state::set(caller.as_bytes(), b"")?;
//!     icn_guest::set_output(b"welcome")?;
//!     Ok(())
//! }
//!
//! // On every other target than wasm the same functions use a fake host, so a guest can be tested natively.
//! # #[cfg(not(target_arch = "wasm32"))] {
//! use icn_guest::fake;
//! assert_eq!(fake::call("did:key:ann", b"", greet).unwrap(), b"welcome");
//! assert_eq!(fake::call("did:key:ann", b"", greet).unwrap_err().code(), 1);
//! # }
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `entry.rs` | the macros that export entries and carry the manifest |
//! | `failure.rs` | [`HostError`], why the host refused a call; [`Failure`], why an entry failed |
//! | `abi.rs` | the types in the host's calls |
//! | `host.rs`, `results.rs` | the host's calls, and how their answers become results |
//! | `context.rs` | input, output, caller, time, logging |
//! | `resource.rs`, `escrow.rs` | the budget, balances, transfers, minting; amounts held until a deadline |
//! | `state.rs`, `dag.rs` | values and keys; nodes and anchors |
//! | `credential.rs` | credentials and signatures |
//! | `record.rs` | values of several fields |
//! | `text.rs` | helpers for strict input formats: lines, fields, numbers, quotation |
//! | `wasm/` | the imports, the allocator, the panic handler: the only folder with `unsafe` |
//! | `fake/` | the fake host behind the same calls, for native tests |
//!
//! An instance lives for one call, so memory is never freed. A panic ends the call by `host_abort`, which costs the
//! caller the whole grant. So a guest should refuse every case that it can foresee, by a [`Failure`].

#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod abi;
mod context;
pub mod credential;
pub mod dag;
#[doc(hidden)]
pub mod entry;
pub mod escrow;
mod failure;
mod host;
pub mod record;
pub mod resource;
mod results;
pub mod state;
pub mod text;

#[cfg(not(target_arch = "wasm32"))]
pub mod fake;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use context::{Level, caller, input, input_text, log, random, scope, set_output, time_ms};
pub use credential::{CredentialStatus, verify_signature};
pub use failure::{Failure, HostError};
pub use results::abort;
