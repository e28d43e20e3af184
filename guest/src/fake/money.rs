//! The calls for resources, balances, transfers, minting, escrow.

use std::borrow::ToOwned;
use std::string::String;

use super::answer::{code, text};
use super::world::{Hold, Host, MODULE, TREASURY, Transfer, with};
use crate::abi::{HoldId, Kind};
use crate::failure::HostError;

/// How far ahead a deadline may be on the host: 400 days.
const HOLD_AHEAD_MS_MAX: i64 = 400 * 24 * 60 * 60 * 1000;

fn left(host: &Host, kind: i32) -> Result<i64, HostError> {
    if !(Kind::Compute as i32..=Kind::MemoryPages as i32).contains(&kind) {
        return Err(HostError::InvalidArgument);
    }
    Ok(host.resources.get(&kind).copied().unwrap_or(i64::MAX))
}

pub(crate) fn check_resource_authorization(kind: i32, amount: i64) -> i32 {
    let authorized = with(|host| {
        let left = left(host, kind)?;
        positive(amount)?;
        Ok(i32::from(amount <= left))
    });
    authorized.unwrap_or_else(HostError::code)
}

pub(crate) fn record_resource_usage(kind: i32, amount: i64) -> i32 {
    code(with(|host| {
        host.granted("usage")?;
        let left = left(host, kind)?;
        positive(amount)?;
        // These two are consumed by storing values and by growing the memory, not by this call.
        if kind == Kind::StorageBytes as i32 || kind == Kind::MemoryPages as i32 {
            return Err(HostError::InvalidArgument);
        }
        let rest = left - amount;
        if rest < 0 {
            return Err(HostError::Exhausted);
        }
        host.resources.insert(kind, rest);
        Ok(())
    }))
}

pub(crate) fn get_resource_remaining(kind: i32) -> i64 {
    with(|host| left(host, kind).unwrap_or_else(|error| i64::from(error.code())))
}

pub(crate) fn get_balance(owner: &[u8], unit: &[u8]) -> i64 {
    let found = with(|host| {
        host.granted("transfer")?;
        // An account that nobody used has nothing.
        Ok(host.balance(&text(owner)?, &text(unit)?))
    });
    found.unwrap_or_else(|error: HostError| i64::from(error.code()))
}

/// The account that a guest may debit by this number.
fn source(host: &Host, from: i32) -> Result<String, HostError> {
    match from {
        0 => Ok(host.caller.clone()),
        1 => Ok(MODULE.to_owned()),
        2 => host.granted("treasury").map(|()| TREASURY.to_owned()),
        _ => Err(HostError::InvalidArgument),
    }
}

fn positive(amount: i64) -> Result<(), HostError> {
    if amount > 0 { Ok(()) } else { Err(HostError::InvalidArgument) }
}

impl Host {
    fn debit(&mut self, owner: &str, unit: &str, amount: i64) -> Result<(), HostError> {
        let account = self.accounts.get_mut(&(owner.to_owned(), unit.to_owned()));
        let balance = account.filter(|balance| **balance >= amount).ok_or(HostError::Exhausted)?;
        *balance -= amount;
        Ok(())
    }

    fn credit(&mut self, owner: &str, unit: &str, amount: i64) -> Result<(), HostError> {
        let balance = self.accounts.entry((owner.to_owned(), unit.to_owned())).or_default();
        *balance = balance.checked_add(amount).ok_or(HostError::Exhausted)?;
        Ok(())
    }

    /// Debits one account and credits the other. When it fails, it has no effect.
    fn move_amount(&mut self, from: &str, to: &str, unit: &str, amount: i64) -> Result<(), HostError> {
        self.debit(from, unit, amount)?;
        self.credit(to, unit, amount).inspect_err(|_| {
            self.accounts.insert((from.to_owned(), unit.to_owned()), self.balance(from, unit) + amount);
        })
    }

    /// Returns the amounts of holds whose deadline has come.
    pub(super) fn void_expired(&mut self) {
        let now = self.time_ms;
        while let Some(index) = self.holds.iter().position(|hold| hold.deadline_ms <= now) {
            let hold = self.holds.remove(index);
            // The amount fits into the account that it came from, unless a test filled that since. Then it is full.
            let full = self.balance(&hold.from, &hold.unit).saturating_add(hold.amount);
            self.accounts.insert((hold.from, hold.unit), full);
        }
    }

    fn open_hold(&self, id: &[u8; HoldId::BYTES]) -> Result<usize, HostError> {
        self.holds.iter().position(|hold| hold.id.as_bytes() == id).ok_or(HostError::NotFound)
    }
}

pub(crate) fn transfer(from: i32, to: &[u8], unit: &[u8], amount: i64, memo: &[u8]) -> i32 {
    code(with(|host| {
        host.granted("transfer")?;
        let from = source(host, from)?;
        let (to, unit, memo) = (text(to)?, text(unit)?, text(memo)?);
        positive(amount)?;
        if from == to {
            return Err(HostError::InvalidArgument);
        }
        host.move_amount(&from, &to, &unit, amount)?;
        host.transfers.push(Transfer { from, to, unit, amount, memo });
        Ok(())
    }))
}

pub(crate) fn transfer_cross(scope: &[u8], to: &[u8], unit: &[u8], amount: i64, memo: &[u8]) -> i32 {
    code(with(|host| {
        host.granted("cross")?;
        let (scope, to, unit, memo) = (text(scope)?, text(to)?, text(unit)?, text(memo)?);
        positive(amount)?;
        let from = host.caller.clone();
        host.debit(&from, &unit, amount)?;
        host.crossings.push((scope, Transfer { from, to, unit, amount, memo }));
        Ok(())
    }))
}

pub(crate) fn mint(unit: &[u8], amount: i64, to: &[u8]) -> i32 {
    code(with(|host| {
        host.granted("mint")?;
        let (unit, to) = (text(unit)?, text(to)?);
        positive(amount)?;
        let issued = host.issued(&unit).checked_add(amount).ok_or(HostError::Exhausted)?;
        host.credit(&to, &unit, amount)?;
        host.issued.insert(unit, issued);
        Ok(())
    }))
}

pub(crate) fn burn(unit: &[u8], amount: i64, from: i32) -> i32 {
    code(with(|host| {
        host.granted("mint")?;
        let from = source(host, from)?;
        let unit = text(unit)?;
        positive(amount)?;
        let issued = host.issued(&unit).checked_sub(amount).ok_or(HostError::Exhausted)?;
        host.debit(&from, &unit, amount)?;
        host.issued.insert(unit, issued);
        Ok(())
    }))
}

pub(crate) fn hold(
    from: i32,
    to: &[u8],
    unit: &[u8],
    amount: i64,
    deadline_ms: i64,
    out: &mut [u8; HoldId::BYTES],
) -> i32 {
    code(with(|host| {
        host.granted("transfer")?;
        let from = source(host, from)?;
        let (to, unit) = (text(to)?, text(unit)?);
        positive(amount)?;
        let ahead_ms = deadline_ms.checked_sub(host.time_ms);
        if !ahead_ms.is_some_and(|ahead_ms| (1..=HOLD_AHEAD_MS_MAX).contains(&ahead_ms)) {
            return Err(HostError::InvalidArgument);
        }
        host.debit(&from, &unit, amount)?;
        host.holds_made += 1;
        *out = u128::from(host.holds_made).to_be_bytes();
        let id = HoldId::from_bytes(*out);
        host.holds.push(Hold { id, from, to, unit, amount, deadline_ms });
        Ok(())
    }))
}

pub(crate) fn settle_hold(id: &[u8; HoldId::BYTES], amount: i64) -> i32 {
    code(with(|host| {
        host.granted("transfer")?;
        positive(amount)?;
        let index = host.open_hold(id)?;
        let Hold { from, to, unit, amount: held, .. } = host.holds[index].clone();
        if amount > held {
            return Err(HostError::Exhausted);
        }
        // First return all of it, then pay. When the payment is refused, the return is undone.
        host.credit(&from, &unit, held)?;
        if let Err(refused) = host.move_amount(&from, &to, &unit, amount) {
            host.debit(&from, &unit, held)?;
            return Err(refused);
        }
        host.holds.remove(index);
        Ok(())
    }))
}

pub(crate) fn void_hold(id: &[u8; HoldId::BYTES]) -> i32 {
    code(with(|host| {
        host.granted("transfer")?;
        let index = host.open_hold(id)?;
        let hold = host.holds[index].clone();
        host.credit(&hold.from, &hold.unit, hold.amount)?;
        host.holds.remove(index);
        Ok(())
    }))
}
