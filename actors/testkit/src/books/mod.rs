//! The ledger's rules once more, slow and short, and the comparison with the machine.
//!
//! `naive.rs` keeps the books, `rules.rs` says which codes apply, `apply.rs` does what no code refuses, `ask.rs` makes up
//! questions, and `check.rs` asks the machine and the naive books the same.

mod apply;
mod ask;
mod check;
mod naive;
mod reach;
mod rules;

pub use check::{Seen, check_books};
pub use naive::NaiveBooks;
