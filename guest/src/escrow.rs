//! Escrow: an amount is set aside for someone, then paid or returned. Needs the capability `transfer`.
//!
//! A hold ends in one of three ways: it is [settled](settle), it is [voided](void), or it becomes void by itself at
//! its deadline. The held amount goes to the payee or back to the payer, and nowhere else.

pub use crate::abi::HoldId;
use crate::abi::Source;
use crate::failure::HostError;
use crate::host;
use crate::results::answer;

/// Sets `amount` of `unit` aside for the account `to`, until `deadline_ms` (milliseconds since the Unix epoch).
pub fn hold(from: Source, to: &str, unit: &str, amount: i64, deadline_ms: i64) -> Result<HoldId, HostError> {
    let mut id = [0; HoldId::BYTES];
    answer(host::hold(from as i32, to.as_bytes(), unit.as_bytes(), amount, deadline_ms, &mut id))?;
    Ok(HoldId::from_bytes(id))
}

/// Pays `amount` of the held amount to the payee, and returns the rest. A hold is settled once.
///
/// [`HostError::Exhausted`] when it holds less, [`HostError::NotFound`] when it is no longer open.
pub fn settle(id: &HoldId, amount: i64) -> Result<(), HostError> {
    answer(host::settle_hold(id.as_bytes(), amount)).map(drop)
}

/// Returns the held amount to the payer; [`HostError::NotFound`] when the hold is no longer open.
pub fn void(id: &HoldId) -> Result<(), HostError> {
    answer(host::void_hold(id.as_bytes())).map(drop)
}
