//! Accounts and their counters.

use icn_core::name::{Did, Owner, Unit};

/// Names an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId {
    /// The scope.
    pub scope: Did,
    /// The owner inside it.
    pub owner: Owner,
    /// The unit.
    pub unit: Unit,
}

/// An account's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// All that was ever debited. Two to the power of 64 of the largest transfers fit.
    pub debits: u128,
    /// All that was ever credited.
    pub credits: u128,
    /// What is set aside to be debited: draws.
    pub held: u128,
}

impl Account {
    /// Posted credits less posted debits.
    #[must_use]
    pub fn balance(&self) -> i128 {
        let signed = |total: u128| i128::try_from(total).unwrap_or(i128::MAX);
        signed(self.credits).saturating_sub(signed(self.debits))
    }
    /// What is neither debited nor set aside.
    #[must_use]
    pub fn available(&self) -> i128 {
        self.balance().saturating_sub(i128::try_from(self.held).unwrap_or(i128::MAX))
    }
}
