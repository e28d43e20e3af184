//! A ledger as plain as it can be, whose answers to guests are those of the machine: maps, two posted counters, a hold
//! that is an account of its own and expires silently.
//!
//! It was the runtime's own ledger before journals consisted of operations. What guests see has not changed since, and
//! [`crate::runs`] shows it.

mod account;
mod error;
mod hold;
mod ledger;
mod overlay;
mod state;
mod words;

pub use account::{Account, AccountId};
pub use error::LedgerError;
pub use hold::OpenHold;
pub use ledger::{Ledger, Posted};
pub use words::{HoldTerms, Receipt, Transfer};
