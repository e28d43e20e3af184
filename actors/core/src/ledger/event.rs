//! The answer to a group that was applied, and the events that happened in it.
//!
//! Events are for listeners and auditors. No decision depends on them, and a group that is taken back leaves none.

use super::account::AccountNo;
use super::cap::Warning;
use crate::block::{CapKey, Limits};
use crate::name::{Did, Unit};

/// The answer to a group that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The group's place among the groups of its scope, from 1.
    pub seq: u64,
    /// The recorded time, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The amount that each command moved.
    pub moved: Vec<u64>,
    /// Whether the group was applied before. Then this is the earlier answer, and nothing happened now.
    pub repeated: bool,
    /// The events that happened now.
    pub events: Vec<Event>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A unit was opened.
    UnitOpened(Did, Unit, u8),
    /// An account was opened, or opened again.
    Opened(AccountNo),
    /// An account was closed.
    Closed(AccountNo),
    /// An account was frozen.
    Frozen(AccountNo),
    /// An account is no longer frozen.
    Unfrozen(AccountNo),
    /// The limits of an account were set.
    LimitsSet(AccountNo, Limits),
    /// Units moved from the first account to the second.
    Posted(AccountNo, AccountNo, u64),
    /// Units were set aside to move.
    Held(AccountNo, AccountNo, u64),
    /// Units that were set aside returned to the first account: a hold was voided, or not all of it was settled.
    Returned(AccountNo, AccountNo, u64),
    /// Units that were set aside returned to the first account because the hold expired.
    Expired(AccountNo, AccountNo, u64),
    /// A cap was set, or removed.
    CapSet(CapKey, Option<u64>),
    /// A soft threshold was passed.
    Warned(Warning),
}
