//! What became of a group, and what happened.

use super::account::AccountNo;
use super::cap::Warning;
use crate::block::{CapKey, Limits};
use crate::name::{Did, Unit};

/// What became of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its place among the groups of its scope, from 1.
    pub seq: u64,
    /// When it was applied.
    pub time: u64,
    /// How much each command moved.
    pub moved: Vec<u64>,
    /// Whether it had been applied before: then this is what was answered then, and nothing happened now.
    pub repeated: bool,
    /// What happened now.
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
    /// An account was freed.
    Unfrozen(AccountNo),
    /// An account has other limits.
    LimitsSet(AccountNo, Limits),
    /// Units moved from the first account to the second.
    Posted(AccountNo, AccountNo, u64),
    /// Units were set aside to move.
    Held(AccountNo, AccountNo, u64),
    /// Units that were set aside returned to the first account: a rest, or a hold that was voided.
    Returned(AccountNo, AccountNo, u64),
    /// Units that were set aside returned because their time was over.
    Expired(AccountNo, AccountNo, u64),
    /// A cap was set, or removed.
    CapSet(CapKey, Option<u64>),
    /// A soft threshold was passed.
    Warned(Warning),
}
