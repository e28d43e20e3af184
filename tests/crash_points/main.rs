//! A crash at every step of the commit. While a host works, what its disk holds is kept at each step that a fault can
//! meet, together with what had been answered by then; and of each group that is written, also what a cut in the middle
//! of the write leaves. Each of these directories is then opened as after a crash: nothing that was answered is lost,
//! nothing that was not answered remains held, and what was consumed is what the receipts say. Whoever then asks again
//! for everything ends where the host ends that nothing happened to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod broken_log;
mod camera;
#[path = "../common/mod.rs"]
mod common;
mod crash;
mod town;
