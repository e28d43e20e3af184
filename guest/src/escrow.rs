//! Escrow: an amount set aside for someone, then paid or given back; needs the capability `transfer`.
//!
//! A hold ends in one of three ways: it is [settled](settle), it is [voided](void), or its deadline comes, from
//! which on it is void by itself. What it held goes to the payee or back to the payer, and nowhere else.

use crate::failure::answer;
use crate::resource::Source;
use crate::{HostError, host};

/// The name of a hold, which the guest keeps as long as it means to settle it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId([u8; HoldId::BYTES]);

impl HoldId {
    /// How many bytes it has.
    pub const BYTES: usize = 16;

    /// An id from bytes that were kept.
    pub const fn from_bytes(bytes: [u8; HoldId::BYTES]) -> HoldId {
        HoldId(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; HoldId::BYTES] {
        &self.0
    }
}

/// Sets `amount` of `unit` aside for the account `to`, until `deadline_ms` (milliseconds since the Unix epoch).
pub fn hold(from: Source, to: &str, unit: &str, amount: i64, deadline_ms: i64) -> Result<HoldId, HostError> {
    let mut id = [0; HoldId::BYTES];
    answer(host::hold(from as i32, to.as_bytes(), unit.as_bytes(), amount, deadline_ms, &mut id))?;
    Ok(HoldId(id))
}

/// Pays `amount` of what is held to the payee, and gives the rest back: a hold is settled once.
///
/// [`HostError::Exhausted`] when it holds less, [`HostError::NotFound`] when it is no longer open.
pub fn settle(id: &HoldId, amount: i64) -> Result<(), HostError> {
    answer(host::settle_hold(&id.0, amount)).map(drop)
}

/// Gives all of it back to the payer; [`HostError::NotFound`] when it is no longer open.
pub fn void(id: &HoldId) -> Result<(), HostError> {
    answer(host::void_hold(&id.0)).map(drop)
}
