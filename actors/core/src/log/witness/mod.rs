//! What a witness answers to a checkpoint that it is shown (C2SP tlog-witness, "add-checkpoint").
//!
//! A machine without clock and disk. [`Watched::judge`] gives a [`Pending`]: the note that must be durable before anybody
//! learns of it. [`Watched::advance`] takes it, and only that gives the answer. What is judged in between, by this state,
//! must not be advanced to after it: one request of a log after the other, or an older one would roll it back.

mod request;
mod watched;

pub use request::{Request, RequestError};
pub use watched::{Cosigner, Pending, Refused, WatchError, Watched};
