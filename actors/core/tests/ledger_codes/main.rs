//! Every code of the ledger is reached, alone, and of every two that can apply at once the first is given.
//!
//! A family of tests begins with a command that succeeds. A fault spoils it in one way, for which there is one code;
//! faults that spoil different parts are put together in pairs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod faults;
mod order;
mod world;
