//! Between scopes: a transfer that both policies consent to, in both scopes' books or in neither; setting off; scopes
//! that cross each other all at once; faults in the middle; and what an auditor says of a log whose two sides do not
//! fit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod audit;
#[path = "../common/mod.rs"]
mod common;
mod helpers;
mod order;
mod payments;
