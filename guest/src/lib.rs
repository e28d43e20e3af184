//! The SDK for guest programs: what a guest sees of its host, version 1 of the ABI, without a pointer.
//!
//! A guest is a `cdylib` whose entries are ordinary functions. An entry reads its [`input`], asks the host
//! for what it needs, leaves an output, and returns `Ok(())`; or it returns a [`Failure`], and then nothing
//! that it did takes effect, its number and its message stand in the receipt, and what it consumed stays
//! charged.
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
//! // On any other target than wasm, the same functions talk to a fake host, so a guest is tested natively.
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
//! | `failure.rs` | [`HostError`], what the host answers; [`Failure`], what an entry answers |
//! | `context.rs` | input, output, who calls, when, logging |
//! | `resource.rs`, `escrow.rs` | the budget, balances, transfers, minting; amounts held until a deadline |
//! | `state.rs`, `dag.rs` | values and keys; nodes and anchors |
//! | `credential.rs` | credentials and signatures |
//! | `record.rs` | how a value of several fields is kept |
//! | `text.rs` | what a strict input format needs: lines, fields, numbers, quotation |
//! | `wasm/` | the imports, the allocator, the panic handler: the only folder with `unsafe` |
//! | `fake/` | the fake host behind the same calls, for native tests |
//!
//! An instance lives for one call. Nothing is ever freed, and a panic ends the call by `host_abort`, which
//! costs the caller the whole grant: a guest refuses what it can foresee by a [`Failure`] instead.

#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod context;
pub mod credential;
pub mod dag;
mod entry;
pub mod escrow;
mod failure;
pub mod record;
pub mod resource;
pub mod state;
pub mod text;

#[cfg(not(target_arch = "wasm32"))]
pub mod fake;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
use fake::calls as host;
#[cfg(target_arch = "wasm32")]
use wasm as host;

pub use context::{Level, abort, caller, input, input_text, log, random, scope, set_output, time_ms};
pub use credential::{CredentialStatus, verify_signature};
#[doc(hidden)]
pub use entry::run;
pub use failure::{Failure, HostError};
