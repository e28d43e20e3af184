//! The budget of the invocation, and the scope's accounts: balances, transfers, minting and burning.

pub use crate::abi::{Kind, Source};
use crate::failure::HostError;
use crate::host;
use crate::results::{amount as amount_of, answer};

/// Whether consuming `amount` now would be allowed, given limit, consumption so far, holds and caps.
pub fn is_authorized(kind: Kind, amount: i64) -> Result<bool, HostError> {
    answer(host::check_resource_authorization(kind as i32, amount)).map(|yes| yes != 0)
}

/// Consumes `amount`, or returns [`HostError::Exhausted`] and consumes nothing when there is less.
pub fn record_usage(kind: Kind, amount: i64) -> Result<(), HostError> {
    answer(host::record_resource_usage(kind as i32, amount)).map(drop)
}

/// The amount that is left for this invocation.
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
/// The answer is final at once. It is [`HostError::Exhausted`] when the balance does not cover the amount.
pub fn transfer(from: Source, to: &str, unit: &str, amount: i64, memo: &str) -> Result<(), HostError> {
    let (to, unit, memo) = (to.as_bytes(), unit.as_bytes(), memo.as_bytes());
    answer(host::transfer(from as i32, to, unit, amount, memo)).map(drop)
}

/// Moves `amount` of `unit` from the caller's account to the account `to` of the federation scope `scope`; needs
/// the capability `cross`. The other scope books it for the receiver.
pub fn transfer_cross(scope: &str, to: &str, unit: &str, amount: i64, memo: &str) -> Result<(), HostError> {
    let (scope, to, unit, memo) = (scope.as_bytes(), to.as_bytes(), unit.as_bytes(), memo.as_bytes());
    answer(host::transfer_cross(scope, to, unit, amount, memo)).map(drop)
}

/// Issues `amount` of `unit` to the account `to`; needs the capability `mint`.
pub fn mint(unit: &str, amount: i64, to: &str) -> Result<(), HostError> {
    answer(host::mint(unit.as_bytes(), amount, to.as_bytes())).map(drop)
}

/// Destroys `amount` of `unit`; needs the capability `mint`, and for units of the treasury `treasury` too.
pub fn burn(unit: &str, amount: i64, from: Source) -> Result<(), HostError> {
    answer(host::burn(unit.as_bytes(), amount, from as i32)).map(drop)
}
