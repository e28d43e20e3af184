//! What was written, as far as it takes to take it back.

use super::account::AccountNo;
use super::cap::Cap;
use super::hold::Hold;
use crate::block::{CapKey, Limits};
use crate::name::{Did, HoldId, Unit};

/// What was written, as far as it takes to take it back.
#[derive(Debug, Clone)]
pub(super) enum Undo {
    /// Units moved.
    Posted(AccountNo, AccountNo, u64),
    /// Units were set aside.
    Held(AccountNo, AccountNo, u64),
    /// Units are no longer set aside.
    Released(AccountNo, AccountNo, u64),
    /// A hold was this before.
    Hold(Did, HoldId, Option<Hold>),
    /// An account's flags were these.
    Flags(AccountNo, u8),
    /// An account's limits were these.
    Limits(AccountNo, Limits),
    /// A unit was not open.
    Unit(Did, Unit),
    /// A cap was this.
    Cap(CapKey, Option<Cap>),
}
