//! A throwaway scope on the production engine, for the authors of guests: `icn run` and `icn_testkit::TestHost`.
//!
//! What decides is the host's own code: the gate and the policy of core, the engine, the chain, the ledger. What
//! is left out is what a guest cannot notice: actors, mailboxes, the log, the disk. State, nodes and balances live
//! as long as the [`Scratch`], so that invocations can build on one another; nothing is written anywhere.
//!
//! An invocation goes the way of a host's, in its order: signed, admitted, ordered by the chain, its grant drawn
//! from the ledger, run, drafted, the receipt signed, committed, posted.
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
