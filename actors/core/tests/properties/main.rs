//! The machines against their oracles, on random input. The checks are the fuzz targets' own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod ledger;
mod random;
mod reference;
