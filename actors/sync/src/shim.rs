//! Picks the standard library's atomics, or loom's under `--cfg loom`.
//!
//! The one file that names either. Everything else imports from here, so the code that loom explores is the
//! code that runs.
//!
//! [`Arc`] is the standard one under both: loom's cannot be the receiver of a method, and as loom does not
//! see the standard one's ordering, no primitive can come to rest on it unnoticed.

pub(crate) use std::sync::Arc;
pub(crate) use std::sync::atomic::Ordering;

#[cfg(not(loom))]
pub(crate) use std::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, fence},
    thread::yield_now,
};

#[cfg(loom)]
pub(crate) use loom::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, fence},
    thread::yield_now,
};
