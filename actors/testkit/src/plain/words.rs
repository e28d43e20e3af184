//! What the plain ledger is told: a journal of transfers, where a hold is an account of its own.

use icn_core::block::{Outcome, Usage};
use icn_core::name::{BlockId, Did, Owner, Unit};

/// A posting: the amount moves from the debited to the credited account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The account that is debited.
    pub from: Owner,
    /// The account that is credited.
    pub to: Owner,
    /// The unit.
    pub unit: Unit,
    /// How much: positive, at most 2^63 - 1.
    pub amount: u64,
    /// What is agreed on a hold: there when this transfer places one, and only then.
    pub terms: Option<HoldTerms>,
}

impl Transfer {
    /// A transfer that places no hold.
    #[must_use]
    pub const fn new(from: Owner, to: Owner, unit: Unit, amount: u64) -> Self {
        Self { from, to, unit, amount, terms: None }
    }
    /// The same, placing a hold on these terms.
    #[must_use]
    pub fn with_terms(mut self, terms: HoldTerms) -> Self {
        self.terms = Some(terms);
        self
    }
}

/// What is agreed on a hold when it is placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldTerms {
    /// The payee: who gets what is settled.
    pub to: Owner,
    /// From this time on it is void and returns to its payer.
    pub deadline: u64,
    /// The module that placed it.
    pub module: BlockId,
}

/// What of a receipt is booked.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The scope.
    pub scope: Did,
    /// The receipt's time.
    pub time: u64,
    /// How the run ended.
    pub outcome: Outcome,
    /// Fuel charged.
    pub fuel: u64,
    /// What else was charged.
    pub usage: Usage,
    /// What the guest moved.
    pub journal: Vec<Transfer>,
}
