//! Runs the primitives of `icn-sync` through the schedules that loom can tell apart.
//!
//! ```text
//! cd loom-tests && cargo test --release
//! ```
//!
//! One file of `tests/` a primitive, one for the host's commit protocol built from them (`commit.rs`), and
//! one whose models are wrong on purpose and must fail (`canary.rs`). Each test has two or three threads and
//! one property, which is its name.
//!
//! Most models run without a bound; the larger ones bound how often a thread is interrupted where it did
//! not wait; few bugs need more than two. `LOOM_MAX_PREEMPTIONS=4 cargo test --release` looks deeper into
//! all of them, and takes much longer. Also without a bound, loom leaves schedules out: it remembers only the
//! last access to an atomic, so a thread's load can hide the order of its next write against an earlier load
//! elsewhere. Where a test has met that, it adds a relaxed access that brings them back.
//!
//! A test that fails tells how to replay its schedule with
//! `LOOM_LOG=trace LOOM_LOCATION=1 cargo test --release <its name>`.

#![forbid(unsafe_code)]

#[cfg(not(loom))]
compile_error!("run from inside loom-tests, or with RUSTFLAGS=\"--cfg loom\": otherwise nothing is modelled");

pub mod commit;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often a thread may be interrupted where it did not wait.
#[derive(Clone, Copy, Debug)]
pub enum Preemptions {
    /// As often as there are steps.
    Any,
    /// At most so often in one schedule.
    AtMost(usize),
}

/// Runs `model` through its schedules. `LOOM_MAX_PREEMPTIONS` overrules the bound.
///
/// # Panics
///
/// When a schedule breaks an assertion, deadlocks, or the model has too many steps.
pub fn explore(preemptions: Preemptions, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    if let (None, Preemptions::AtMost(bound)) = (builder.preemption_bound, preemptions) {
        builder.preemption_bound = Some(bound);
    }
    builder.check(model);
}

/// Remembers, across all schedules, that something happened in one of them.
///
/// A property that holds because the interesting case never came up proves nothing: a test asks for a
/// sighting of each outcome that it speaks of.
#[derive(Clone, Debug, Default)]
pub struct Sighting(Arc<AtomicBool>);

impl Sighting {
    /// Notes that it happened, when `happened`.
    pub fn note(&self, happened: bool) {
        self.0.fetch_or(happened, Ordering::Relaxed);
    }

    /// Whether it happened in any schedule so far.
    #[must_use]
    pub fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
