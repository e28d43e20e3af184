//! Crossings: invocations that move units to other scopes, and the scopes that are paused for them.
//!
//! Such an invocation needs the other scopes to be *paused* from the first look at their books to the hand-over. Otherwise
//! what its guest was told would not be what an auditor finds at its place in the log. In this order:
//!
//! 1. a run asks for another scope; the scope drops the run, suspends the invocation, and asks here ([`Cross`]);
//! 2. the crossing waits for its turn (`turns.rs`);
//! 3. each of the other scopes is asked to pause itself (`pause.rs`): between two of its own invocations it says what
//!    decides its leg, and waits;
//! 4. the invocation runs again, from the start, and is handed over with its legs;
//! 5. each paused scope goes on, with its leg or without one; the next crossings begin.
//!
//! A scope that has suspended an invocation still pauses itself for crossings that were asked for before. So no scopes wait
//! for each other in a circle, whatever they cross. A paused scope stays the owner of its chain.
//!
//! [`Cross`]: crate::message::crossing::Cross

mod actor;
mod pause;
mod turns;

pub(crate) use actor::Crossings;
