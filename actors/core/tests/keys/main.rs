//! Who may sign in a scope's name: the root, and operating keys while a delegation says so. Each block that one may not sign
//! is refused at its own position, by its own rule, also by those who look at the structure alone; what was signed before
//! stays valid.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod rules;
mod sequence;
mod writer;
