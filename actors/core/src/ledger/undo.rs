//! What a group wrote, in as much detail as is needed to take it back.
//!
//! Entries are taken back in the reverse order: each restores what was there just before it was written.

use super::account::AccountNo;
use super::cap::Cap;
use super::hold::Hold;
use crate::block::{CapKey, Limits};
use crate::name::{Did, HoldId, Unit};

/// One thing that was written, with what was there before.
#[derive(Debug, Clone)]
pub(super) enum Undo {
    /// Units moved.
    Posted(AccountNo, AccountNo, u64),
    /// Units were set aside.
    Held(AccountNo, AccountNo, u64),
    /// Units are no longer set aside.
    Released(AccountNo, AccountNo, u64),
    /// A hold was put in its place or removed; this was there before.
    Hold(Did, HoldId, Option<Hold>),
    /// The flags of an account were these.
    Flags(AccountNo, u8),
    /// The limits of an account were these.
    Limits(AccountNo, Limits),
    /// A unit was opened.
    Unit(Did, Unit),
    /// A cap was set, removed or counted; this was there before.
    Cap(CapKey, Option<Cap>),
}
