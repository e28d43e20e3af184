//! A throwaway scope on the production engine, for the authors of guests: `icn run` and `icn_testkit::TestHost`.
//!
//! Everything is decided by the host's own code: the gate and the policy of core, the engine, the chain, the
//! ledger. Left out is what a guest cannot notice: actors, mailboxes, the log, the disk. State, nodes and balances
//! live as long as the [`Scratch`], so that invocations can build on one another. Nothing is written anywhere.
//!
//! An invocation goes the same way as in a host, in the same order: it is signed, admitted and ordered by the
//! chain; its grant is drawn from the ledger; it runs; its receipt is drafted, signed, committed and posted.
//!
//! ```
//! use icn_core::encode::Block;
//! use icn_core::name::Codec;
//! use icn_sandbox::scratch::{Scratch, ScratchCall};
//! use icn_sandbox::{Engine, EngineOptions, Module};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = r#"(module
//!     (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
//!     (memory (export "memory") 1) (data (i32.const 0) "welcome")
//!     (func (export "greet") (result i32) (call $set_output (i32.const 0) (i32.const 7))))"#;
//! let engine = Engine::new(&EngineOptions::default())?;
//! let module = Module::compile(&engine, &Block::new(Codec::Raw, wat::parse_str(text)?))?;
//!
//! let mut scratch = Scratch::open(&engine)?;
//! let module = scratch.install(module.into(), &Default::default())?;
//! let ann = scratch.member("ann");
//! let run = scratch.invoke(&ScratchCall::new(module, "greet", ann))?;
//! assert_eq!(run.receipt.output, b"welcome");
//! assert_eq!(run.host_calls["host_set_output"], 1);
//! # Ok(()) }
//! ```

mod call;
mod commit;
mod counterparts;
mod error;
mod invoke;
mod keys;
mod rehearsal;
mod run;
mod scope;
mod set_up;

pub use self::call::ScratchCall;
pub use self::error::ScratchError;
pub use self::keys::{member_key, scope_key};
pub use self::rehearsal::Rehearsal;
pub use self::run::Run;
pub use self::scope::{Scratch, TIME_DEFAULT_MS};
