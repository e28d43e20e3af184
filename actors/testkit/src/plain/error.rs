//! Why the ledger refuses.

use icn_core::id::{HoldId, Owner, Unit};
use icn_core::limits;

/// Why the ledger refuses, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The amount is zero, or more than 2^63 - 1.
    #[error("an amount of {0} where 1 to 2^63 - 1 are allowed")]
    Amount(u64),
    /// Both sides are one account, or a hold's payer is its payee.
    #[error("a transfer from {0} to itself")]
    SelfTransfer(Owner),
    /// An owner whose account is moved by the runtime alone.
    #[error("the account `{0}` is moved by the runtime alone")]
    Reserved(Owner),
    /// A resource, which no transfer moves.
    #[error("`{0}` is a resource of the runtime, which no transfer moves")]
    Resource(Unit),
    /// A token, which no draw sets aside.
    #[error("`{0}` is a token, and only resources of the runtime are drawn")]
    NotDrawn(Unit),
    /// A transfer to a hold's account without terms, or with terms and to another.
    #[error("a transfer to {0}: terms belong to a transfer to a hold's account, and to no other")]
    Terms(Owner),
    /// A hold's deadline that is over, or too far ahead.
    #[error(
        "a deadline at {deadline} where the time is {time}: expected after it, and at most {max} ms ahead",
        max = limits::HOLD_AHEAD_MS_MAX
    )]
    Deadline {
        /// What the terms say, in milliseconds since the Unix epoch.
        deadline: u64,
        /// The time of the run.
        time: u64,
    },
    /// No hold of this name is open in the scope, or not in that unit.
    #[error("no hold {0} is open in this scope")]
    NoHold(HoldId),
    /// A hold of this name is or was open.
    #[error("a hold {0} is there already")]
    HoldExists(HoldId),
    /// A payment out of a hold to somebody else than its payee or its payer.
    #[error("a hold pays its payee or its payer, and not {0}")]
    NotParty(Owner),
    /// As many holds are open as a scope may have.
    #[error("{max} holds are open, which is as many as a scope may have", max = limits::HOLDS_OPEN_MAX)]
    TooManyHolds,
    /// The account does not cover it.
    #[error("{owner} has {available} {unit} available, {amount} are needed")]
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
    #[error("the counters of {0} would overflow")]
    Overflow(Owner),
    /// A receipt pays a part out of a hold and leaves the rest in it.
    #[error("the hold {0} was paid out in part, and is neither settled nor voided")]
    HoldLeft(HoldId),
    /// More is posted than was set aside: a mistake of the host's own.
    #[error("{amount} {unit} are posted where {held} were set aside")]
    NotHeld {
        /// The unit.
        unit: Unit,
        /// What is posted.
        amount: u64,
        /// What was set aside.
        held: u64,
    },
}
