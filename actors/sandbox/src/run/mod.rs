//! One run: a compiled module, a call, a fresh store, and what was staged at the end.
//!
//! [`Module::compile`] once; [`Module::run`] once an invocation. A run ends in a `Staged`, or in a [`RunError`]
//! when it has no outcome. Nothing is written here: dropping what was staged is the abort. The one module that is
//! no guest, the administrators' rulings, is run by [`rule`].

mod ended;
mod error;
mod function_names;
mod install;
mod module;
mod profiled;
mod repeated;
mod ruling;
mod start;

pub use self::error::RunError;
pub(crate) use self::install::no_entry;
pub use self::install::{capabilities, capability_names, check_install};
pub use self::module::{EntryKind, Module};
pub use self::profiled::Profiled;
pub use self::ruling::rule;
