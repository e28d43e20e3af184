//! The monitor: hears of everything out of the ordinary, counts it, keeps the newest alerts, and answers nobody on the
//! path of an invocation. `alert.rs` has the words and the counters, `actor.rs` the actor.

mod actor;
mod alert;

pub(crate) use actor::Monitor;
