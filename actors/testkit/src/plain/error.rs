//! Why the ledger refuses.

use icn_core::name::{HoldId, Owner, Unit};

/// Why the ledger refuses, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerError {
    /// The amount is zero, or more than 2^63 - 1.
    Amount(u64),
    /// Both sides are one account, or a hold's payer is its payee.
    SelfTransfer(Owner),
    /// An owner whose account is moved by the runtime alone.
    Reserved(Owner),
    /// A resource, which no transfer moves.
    Resource(Unit),
    /// A token, which no draw sets aside.
    NotDrawn(Unit),
    /// A transfer to a hold's account without terms, or with terms and to another.
    Terms(Owner),
    /// A hold's deadline that is over, or too far ahead.
    Deadline {
        /// What the terms say, in milliseconds since the Unix epoch.
        deadline: u64,
        /// The time of the run.
        time: u64,
    },
    /// No hold of this name is open in the scope, or not in that unit.
    NoHold(HoldId),
    /// A hold of this name is or was open.
    HoldExists(HoldId),
    /// A payment out of a hold to somebody else than its payee or its payer.
    NotParty(Owner),
    /// As many holds are open as a scope may have.
    TooManyHolds,
    /// The account does not cover it.
    Insufficient {
        /// Whose account.
        owner: Owner,
        /// The unit.
        unit: Unit,
        /// What it has.
        available: i128,
        /// What it needs.
        amount: u64,
    },
    /// A counter would pass 2^128 - 1.
    Overflow(Owner),
    /// A receipt pays a part out of a hold and leaves the rest in it.
    HoldLeft(HoldId),
    /// More is posted than was set aside: a mistake of the host's own.
    NotHeld {
        /// The unit.
        unit: Unit,
        /// What is posted.
        amount: u64,
        /// What was set aside.
        held: u64,
    },
}
