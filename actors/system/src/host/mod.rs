//! A host: what an embedder opens, and what it submits to.
//!
//! The handle is `Send + Sync`. Its futures run on any executor, or are waited for with none: the actors live on threads
//! of the host's own.
//!
//! | file | what an embedder finds there |
//! | --- | --- |
//! | `options.rs`, `open.rs` | opening a data directory |
//! | `spec.rs`, `scopes.rs` | opening a scope, and asking about scopes |
//! | `submit.rs` | submitting invocations |
//! | `ledger.rs` | balances |
//! | `keys.rs` | operating keys and revocations |
//! | `log.rs` | the log: its name, head and checkpoint |
//! | `watch.rs` | alerts and counts, for an operator |
//! | `close.rs` | closing |
//!
//! What these use: `handle.rs` has the host itself, `error.rs` why something is refused, `opening.rs` the opening of a scope
//! step by step, `threads.rs` the actors' threads.

mod close;
mod error;
mod handle;
mod keys;
mod ledger;
mod log;
mod open;
mod opening;
mod options;
mod scopes;
mod spec;
mod start;
mod submit;
mod threads;
mod watch;

pub use error::{KeysError, OpenError, ScopeError};
pub use handle::Host;
pub use options::HostOptions;
pub use spec::{ModuleSpec, Opening, ScopeSpec};
pub use submit::Pending;
pub(crate) use threads::Threads;
