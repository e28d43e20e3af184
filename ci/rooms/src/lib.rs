//! Checks how the files of this project name each other, by reading their sources.
//!
//! Two rules for each crate by itself (`ci/rooms.sh` has the arrows between crates), and one for the formats, which
//! [`citations`] has:
//!
//! 1. No circles. File A has an arrow to file B when A names a path whose module is B: in a `use`, in code, or in the
//!    tokens of a macro. Files that reach each other along arrows are an error.
//! 2. One order. `order.txt` lists the folders and files of a crate. Each may name only those that stand above it.
//!
//! A path belongs to the file of its longest module prefix. A re-export does not hide an arrow: `crate::a::X` is an arrow
//! to `a/mod.rs`, wherever `X` is written, and `pub use x::X` in `a/mod.rs` is an arrow to `a/x.rs`. A macro that is
//! exported belongs to the file that defines it, though its path begins at the crate. The declaration `mod x;` alone is
//! no arrow, and neither is `pub(in path)`. Code under `#[cfg(test)]` does not count.
//!
//! The steps: `sources` reads the files, `tree` finds the modules, `scope` says what a name means in a module, `names`
//! finds the paths in the code, `circles` and `order` judge the arrows. Nothing here is written, and nothing is built.

#![forbid(unsafe_code)]

pub mod arrow;
mod attributes;
pub mod circles;
pub mod citations;
pub mod crates;
mod imports;
pub mod names;
pub mod order;
mod scope;
pub mod sources;
mod tokens;
mod tree;
