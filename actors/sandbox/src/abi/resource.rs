//! Resources: what is left, what is consumed, balances and transfers.
//!
//! One budget: compute is the fuel itself. Tokens are the ledger's, which is asked at once; everything else is
//! decided inside the run, against its grant.

use icn_core::block::{Capability, Transfer};
use icn_core::id::{Owner, Unit};
use icn_core::ledger::LedgerError;
use icn_core::{costs, limits};
use wasmtime::{Caller, Linker};

use crate::context::{Context, PortClosed};
use crate::memory::{Answer, Arg, Guest, Soft, Stop, answer, answer_long, arg};

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

pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    linker.func_wrap_async(
        "icn",
        "host_check_resource_authorization",
        |caller: Caller<'_, Context>, (kind, amount): (i32, i64)| {
            Box::new(async move { answer(check(caller, kind, amount).await) })
        },
    )?;
    linker.func_wrap_async(
        "icn",
        "host_record_resource_usage",
        |caller: Caller<'_, Context>, (kind, amount): (i32, i64)| {
            Box::new(async move { answer(record(caller, kind, amount).await) })
        },
    )?;
    linker.func_wrap_async(
        "icn",
        "host_get_resource_remaining",
        |caller: Caller<'_, Context>, (kind,): (i32,)| {
            Box::new(async move { answer_long(remaining(caller, kind).await) })
        },
    )?;
    linker.func_wrap_async(
        "icn",
        "host_get_balance",
        |caller: Caller<'_, Context>, (owner, owner_len, unit, unit_len): (i32, i32, i32, i32)| {
            Box::new(async move {
                answer_long(
                    balance(caller, arg("owner", owner, owner_len), arg("unit", unit, unit_len)).await,
                )
            })
        },
    )?;
    linker.func_wrap_async(
        "icn",
        "host_transfer",
        |caller: Caller<'_, Context>,
         (from, to, to_len, unit, unit_len, amount, memo, memo_len): (
            i32,
            i32,
            i32,
            i32,
            i32,
            i64,
            i32,
            i32,
        )| {
            Box::new(async move {
                let (to, unit, memo) =
                    (arg("to", to, to_len), arg("unit", unit, unit_len), arg("memo", memo, memo_len));
                answer(transfer(caller, from, to, unit, amount, memo).await)
            })
        },
    )?;
    Ok(())
}

fn closed(error: PortClosed) -> Stop {
    Stop::Hard(wasmtime::Error::new(crate::context::HostFault(error.to_string())))
}

async fn caller_tokens(guest: &mut Guest<'_>) -> Answer<i64> {
    guest.charge(costs::LEDGER_FUEL)?;
    let context = guest.context();
    let Some(unit) = context.call.policy.policy().token.clone() else { return Ok(0) };
    let owner = Owner::Member(context.call.caller);
    let balance = context.call.ledger.balance(owner, unit).await.map_err(closed)?;
    Ok(i64::try_from(balance).unwrap_or(i64::MAX))
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

async fn check(caller: Caller<'_, Context>, kind: i32, amount: i64) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_check_resource_authorization", 0)?;
    let kind = Kind::parse(kind)?;
    if amount <= 0 {
        return Err(Soft::InvalidArgument.into());
    }
    Ok(u32::from(amount <= left(&mut guest, kind).await?))
}

async fn remaining(caller: Caller<'_, Context>, kind: i32) -> Answer<i64> {
    let mut guest = Guest::enter(caller, "host_get_resource_remaining", 0)?;
    let kind = Kind::parse(kind)?;
    left(&mut guest, kind).await
}

/// Compute is burned; network is counted against the grant; tokens go from the caller to the treasury.
/// Storage and memory are consumed by keeping values and by growing, and not by saying so.
async fn record(caller: Caller<'_, Context>, kind: i32, amount: i64) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_record_resource_usage", 0)?;
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
            let usage = Transfer { from, to: Owner::Treasury, unit, amount, memo: "usage".into() };
            hold(&mut guest, usage).await?;
        }
        Kind::Storage | Kind::Memory => return Err(Soft::InvalidArgument.into()),
    }
    Ok(0)
}

async fn hold(guest: &mut Guest<'_>, transfer: Transfer) -> Answer<()> {
    let context = guest.context();
    if context.stage.journal.len() >= limits::TRANSFERS_MAX {
        return Err(Soft::Limit.into());
    }
    match context.call.ledger.hold(transfer.clone()).await.map_err(closed)? {
        Ok(()) => {
            context.stage.journal.push(transfer);
            Ok(())
        }
        Err(LedgerError::Insufficient { .. } | LedgerError::Overflow(_)) => Err(Soft::Exhausted.into()),
        Err(LedgerError::Reserved(_)) => Err(Soft::Denied.into()),
        Err(_) => Err(Soft::InvalidArgument.into()),
    }
}

fn parse_unit(text: &str) -> Answer<Unit> {
    // Resources have a call of their own, whose answer does not depend on what the host has set aside.
    Unit::parse(text).ok().filter(|unit| !unit.is_resource()).ok_or_else(|| Soft::InvalidArgument.into())
}

async fn balance(caller: Caller<'_, Context>, owner: Arg, unit: Arg) -> Answer<i64> {
    let mut guest = Guest::enter(caller, "host_get_balance", costs::LEDGER_FUEL)?;
    guest.require(Capability::Transfer)?;
    for (argument, bytes_max) in [(owner, limits::NAME_BYTES_MAX), (unit, limits::UNIT_BYTES_MAX)] {
        guest.length(argument, bytes_max, costs::BYTE_FUEL)?;
    }
    for argument in [owner, unit] {
        guest.bounds(argument)?;
    }
    let owner = guest.read_text(owner, limits::NAME_BYTES_MAX, 0)?;
    let unit = guest.read_text(unit, limits::UNIT_BYTES_MAX, 0)?;
    let owner = Owner::parse(&owner).map_err(|_| Soft::InvalidArgument)?;
    let unit = parse_unit(&unit)?;
    let balance = guest.context().call.ledger.balance(owner, unit).await.map_err(closed)?;
    // A negative balance (of the issuance) would read as an error code.
    i64::try_from(balance.max(0)).map_err(|_| Soft::TooLarge.into())
}

async fn transfer(
    caller: Caller<'_, Context>,
    from: i32,
    to: Arg,
    unit: Arg,
    amount: i64,
    memo: Arg,
) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_transfer", costs::LEDGER_FUEL)?;
    guest.require(Capability::Transfer)?;
    if from == 2 {
        guest.require(Capability::Treasury)?;
    }
    for (argument, bytes_max) in
        [(to, limits::NAME_BYTES_MAX), (unit, limits::UNIT_BYTES_MAX), (memo, limits::MEMO_BYTES_MAX)]
    {
        guest.length(argument, bytes_max, costs::BYTE_FUEL)?;
    }
    for argument in [to, unit, memo] {
        guest.bounds(argument)?;
    }
    let to = guest.read_text(to, limits::NAME_BYTES_MAX, 0)?;
    let unit = guest.read_text(unit, limits::UNIT_BYTES_MAX, 0)?;
    let memo = guest.read_text(memo, limits::MEMO_BYTES_MAX, 0)?;
    let context = guest.context();
    let from = match from {
        0 => Owner::Member(context.call.caller),
        1 => Owner::Module(context.call.module),
        2 => Owner::Treasury,
        _ => return Err(Soft::InvalidArgument.into()),
    };
    let to = Owner::parse(&to).map_err(|_| Soft::InvalidArgument)?;
    let unit = parse_unit(&unit)?;
    let amount = u64::try_from(amount).ok().filter(|amount| *amount > 0).ok_or(Soft::InvalidArgument)?;
    hold(&mut guest, Transfer { from, to, unit, amount, memo }).await?;
    Ok(0)
}
