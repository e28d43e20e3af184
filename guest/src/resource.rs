//! The budget of the invocation, and the scope's accounts: balances, transfers, minting and burning.

use crate::failure::{amount as amount_of, answer};
use crate::{HostError, host};

/// What is metered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Kind {
    /// Fuel.
    Compute = 0,
    /// Bytes kept.
    StorageBytes = 1,
    /// Bytes that leave the scope.
    NetworkBytes = 2,
    /// Units of the scope's default token.
    Token = 3,
    /// Pages of 64 KiB, at the peak.
    MemoryPages = 4,
}

/// Whose account is debited. A guest chooses among these three and cannot name any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Source {
    /// The caller's own account.
    Caller = 0,
    /// The module's own account.
    Module = 1,
    /// The scope's treasury; needs the capability `treasury`.
    Treasury = 2,
}

/// Whether consuming `amount` now would be allowed, given limit, consumption so far, holds and caps.
pub fn is_authorized(kind: Kind, amount: i64) -> Result<bool, HostError> {
    answer(host::check_resource_authorization(kind as i32, amount)).map(|yes| yes != 0)
}

/// Consumes `amount`; [`HostError::Exhausted`] when that is more than there is, and then consumes nothing.
pub fn record_usage(kind: Kind, amount: i64) -> Result<(), HostError> {
    answer(host::record_resource_usage(kind as i32, amount)).map(drop)
}

/// What is left for this invocation.
pub fn remaining(kind: Kind) -> Result<i64, HostError> {
    amount_of(host::get_resource_remaining(kind as i32))
}

/// The available balance of an account of this scope, with this invocation's own transfers; 0 when nobody used it.
/// Needs the capability `transfer`.
pub fn balance(owner: &str, unit: &str) -> Result<i64, HostError> {
    amount_of(host::get_balance(owner.as_bytes(), unit.as_bytes()))
}

/// Moves `amount` of `unit` to the account `to` of this scope; needs the capability `transfer`.
///
/// The answer is final at once: [`HostError::Exhausted`] when the balance does not cover it.
pub fn transfer(from: Source, to: &str, unit: &str, amount: i64, memo: &str) -> Result<(), HostError> {
    let (to, unit, memo) = (to.as_bytes(), unit.as_bytes(), memo.as_bytes());
    answer(host::transfer(from as i32, to, unit, amount, memo)).map(drop)
}

/// Moves `amount` of `unit` from the caller's account to the account `to` of the federation scope `scope`; needs
/// the capability `cross`. Who receives it there is for that scope to book.
pub fn transfer_cross(scope: &str, to: &str, unit: &str, amount: i64, memo: &str) -> Result<(), HostError> {
    let (scope, to, unit, memo) = (scope.as_bytes(), to.as_bytes(), unit.as_bytes(), memo.as_bytes());
    answer(host::transfer_cross(scope, to, unit, amount, memo)).map(drop)
}

/// Issues `amount` of `unit` to the account `to`; needs the capability `mint`.
pub fn mint(unit: &str, amount: i64, to: &str) -> Result<(), HostError> {
    answer(host::mint(unit.as_bytes(), amount, to.as_bytes())).map(drop)
}

/// Takes `amount` of `unit` out of the world; needs the capability `mint`, and `treasury` for the treasury's.
pub fn burn(unit: &str, amount: i64, from: Source) -> Result<(), HostError> {
    answer(host::burn(unit.as_bytes(), amount, from as i32)).map(drop)
}
