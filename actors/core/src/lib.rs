//! The vocabulary and the pure machines of `icn-runtime`.
//!
//! Everything here is deterministic and synchronous: no clock, no randomness, no input or output, no thread,
//! no iteration over a hash map. What changes with time comes in as an argument, so the same bytes give the
//! same block on every machine, and the auditor runs the very code that the host ran.
//!
//! The way through, each step consuming the one before:
//! [`gate::Request`] → [`gate::admit`] → [`gate::Admitted`] → sandbox → [`effect::Staged`] →
//! [`chain::Chain::draft`] → [`block::Receipt`] → [`log::Log::append`].

#![forbid(unsafe_code)]

pub mod block;
pub mod costs;
pub mod encode;
pub mod fold;
pub mod ledger;
pub mod limits;
pub mod log;
pub mod name;
pub mod rules;
pub mod state;
