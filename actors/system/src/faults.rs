//! Faults that a test injects, to see that the runtime holds its promises when things break.

/// Where a fault can be injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPoint {
    /// A scope is about to run a guest: a fault is a panic of its actor.
    Run,
    /// A scope is about to hand a receipt over: a fault is a panic of its actor.
    HandOver,
    /// A scope handed a receipt over and told nobody yet: a fault is a panic of its actor.
    HandedOver,
    /// The log is about to be appended to: a fault is an error of the disk.
    Append,
    /// A group is durable and nobody was told yet: a fault ends the log there.
    Appended,
    /// Those who wait for a group were told: a fault ends the log there.
    Answered,
    /// The checkpoint's file is about to be renewed: a fault is an error of the disk.
    Checkpoint,
    /// The checkpoint's file was renewed: a fault ends the log there.
    Checkpointed,
}

/// Decides whether a fault happens; asked at each point, each time.
pub trait Faults: Send + Sync + std::fmt::Debug {
    /// Whether it happens now.
    fn at(&self, point: FaultPoint) -> bool;
}

/// No faults: what a host has outside of tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn at(&self, _: FaultPoint) -> bool {
        false
    }
}
