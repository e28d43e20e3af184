//! Resources: what is left, what is consumed, balances and transfers.
//!
//! The compute of a guest is its fuel. The ledger is asked at once about tokens; everything else is decided inside
//! the run, against its grant.

use icn_core::block::{Capability, Operation, USAGE_MEMO};
use icn_core::costs;
use icn_core::name::Owner;

use super::money::{
    bounded_memo, bounded_owner, bounded_unit, closed, payable, read_amount, read_owner, read_purse,
    read_unit, require_purse, stage,
};
use crate::contract::Soft;
use crate::guest::{Answer, Guest, HostCall, arg};

/// A kind of resource, by the number that guests use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Compute,
    Storage,
    Network,
    Token,
    Memory,
}

impl Kind {
    fn parse(kind: i32) -> Answer<Self> {
        match kind {
            0 => Ok(Self::Compute),
            1 => Ok(Self::Storage),
            2 => Ok(Self::Network),
            3 => Ok(Self::Token),
            4 => Ok(Self::Memory),
            _ => Err(Soft::InvalidArgument.into()),
        }
    }
}

async fn caller_tokens(guest: &mut Guest<'_>) -> Answer<i64> {
    guest.charge(costs::LEDGER_FUEL)?;
    let context = guest.context();
    let Some(unit) = context.call.policy.policy().token.clone() else { return Ok(0) };
    let owner = Owner::Member(context.call.caller);
    let balance = context.call.ledger.balance(owner, unit).await.map_err(closed)?;
    // A negative balance (mutual credit) would be read as an error code.
    Ok(i64::try_from(balance.max(0)).unwrap_or(i64::MAX))
}

async fn left(guest: &mut Guest<'_>, kind: Kind) -> Answer<i64> {
    let left = match kind {
        Kind::Compute => guest.fuel_left()?,
        Kind::Storage => return Ok(guest.context().storage_remaining()),
        Kind::Network => guest.context().network_remaining(),
        Kind::Memory => guest.context().limiter.pages_remaining(),
        Kind::Token => return caller_tokens(guest).await,
    };
    Ok(i64::try_from(left).unwrap_or(i64::MAX))
}

pub(super) async fn host_check_resource_authorization(
    call: HostCall<'_>,
    kind: i32,
    amount: i64,
) -> Answer<u32> {
    let mut guest = call.enter(0)?;
    let kind = Kind::parse(kind)?;
    if amount <= 0 {
        return Err(Soft::InvalidArgument.into());
    }
    if kind != Kind::Token {
        return Ok(u32::from(amount <= left(&mut guest, kind).await?));
    }
    guest.charge(costs::LEDGER_FUEL)?;
    let context = guest.context();
    let Some(unit) = context.call.policy.policy().token.clone() else { return Ok(0) };
    let owner = Owner::Member(context.call.caller);
    let authorized = context.call.ledger.authorize(owner, unit, amount.unsigned_abs()).await;
    Ok(u32::from(authorized.map_err(closed)?.is_ok()))
}

pub(super) async fn host_get_resource_remaining(call: HostCall<'_>, kind: i32) -> Answer<i64> {
    let mut guest = call.enter(0)?;
    let kind = Kind::parse(kind)?;
    left(&mut guest, kind).await
}

/// Consumes a resource. Compute is burned; network is counted against the grant; tokens go from the caller to the
/// treasury. Storage and memory are consumed by keeping values and by growing, so they cannot be recorded.
pub(super) async fn host_record_resource_usage(call: HostCall<'_>, kind: i32, amount: i64) -> Answer<u32> {
    let mut guest = call.enter(0)?;
    guest.require(Capability::Usage)?;
    let kind = Kind::parse(kind)?;
    let amount = u64::try_from(amount).ok().filter(|amount| *amount > 0).ok_or(Soft::InvalidArgument)?;
    match kind {
        Kind::Compute => {
            if guest.fuel_left()? < amount {
                return Err(Soft::Exhausted.into());
            }
            guest.charge(amount)?;
        }
        Kind::Network => {
            if guest.context().network_remaining() < amount {
                return Err(Soft::Exhausted.into());
            }
            guest.context().stage.network += amount;
        }
        Kind::Token => {
            guest.charge(costs::LEDGER_FUEL)?;
            let context = guest.context();
            let unit = context.call.policy.policy().token.clone().ok_or(Soft::NotFound)?;
            let from = Owner::Member(context.call.caller);
            let (to, memo) = (Owner::Treasury, USAGE_MEMO.to_owned());
            stage(&mut guest, Operation::Transfer { from, to, unit, amount, memo }).await?;
        }
        Kind::Storage | Kind::Memory => return Err(Soft::InvalidArgument.into()),
    }
    Ok(0)
}

pub(super) async fn host_get_balance(
    call: HostCall<'_>,
    owner: i32,
    owner_len: i32,
    unit: i32,
    unit_len: i32,
) -> Answer<i64> {
    let mut guest = call.enter(costs::LEDGER_FUEL)?;
    let (owner, unit) = (arg("owner", owner, owner_len), arg("unit", unit, unit_len));
    guest.require(Capability::Transfer)?;
    let [owner, unit] = guest.inspect([bounded_owner(owner), bounded_unit(unit)])?;
    let owner = read_owner(&mut guest, owner)?;
    let unit = read_unit(&mut guest, unit)?;
    let balance = guest.context().call.ledger.balance(owner, unit).await.map_err(closed)?;
    // A negative balance (of the issuance account) would be read as an error code.
    i64::try_from(balance.max(0)).map_err(|_| Soft::TooLarge.into())
}

#[expect(clippy::too_many_arguments, reason = "the parameters of the host function, as the table lists them")]
pub(super) async fn host_transfer(
    call: HostCall<'_>,
    from: i32,
    to: i32,
    to_len: i32,
    unit: i32,
    unit_len: i32,
    amount: i64,
    memo: i32,
    memo_len: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::LEDGER_FUEL)?;
    let (to, unit, memo) = (arg("to", to, to_len), arg("unit", unit, unit_len), arg("memo", memo, memo_len));
    guest.require(Capability::Transfer)?;
    require_purse(&mut guest, from)?;
    let [to, unit, memo] = guest.inspect([bounded_owner(to), bounded_unit(unit), bounded_memo(memo)])?;
    let from = read_purse(&mut guest, from)?;
    let to = read_owner(&mut guest, to)?;
    let unit = read_unit(&mut guest, unit)?;
    let amount = read_amount(amount)?;
    let memo = guest.text(memo)?;
    payable(&to)?;
    stage(&mut guest, Operation::Transfer { from, to, unit, amount, memo }).await?;
    Ok(0)
}
