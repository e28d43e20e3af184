//! What the calls that move units share: how they read owners, units and amounts, and how an operation is staged.
//!
//! Here alone a guest's operation reaches the ledger. The ledger does it at once, for this run alone to see.

use std::ops::Range;

use icn_core::block::{Capability, Operation};
use icn_core::name::{Owner, Unit};
use icn_core::{costs, limits};

use crate::contract::Soft;
use crate::guest::{Answer, Arg, BoundedArg, Guest, HostFault, NeedsCounterpart, PortError, Stop};

/// An owner's name, with its greatest length and its price.
pub(super) const fn bounded_owner(owner: Arg) -> BoundedArg {
    owner.at_most(limits::NAME_BYTES_MAX, costs::BYTE_FUEL)
}
/// A unit's name, with its greatest length and its price.
pub(super) const fn bounded_unit(unit: Arg) -> BoundedArg {
    unit.at_most(limits::UNIT_BYTES_MAX, costs::BYTE_FUEL)
}
/// A memo, with its greatest length and its price.
pub(super) const fn bounded_memo(memo: Arg) -> BoundedArg {
    memo.at_most(limits::MEMO_BYTES_MAX, costs::BYTE_FUEL)
}

/// Checks the capability for the account that is debited. Only the treasury has one of its own.
pub(super) fn require_purse(guest: &mut Guest<'_>, from: i32) -> Answer<()> {
    if from == 2 { guest.require(Capability::Treasury) } else { Ok(()) }
}

/// The account that is debited. A guest gives a number for it, and never a name.
pub(super) fn read_purse(guest: &mut Guest<'_>, from: i32) -> Answer<Owner> {
    let call = &guest.context().call;
    match from {
        0 => Ok(Owner::Member(call.caller)),
        1 => Ok(Owner::Module(call.module)),
        2 => Ok(Owner::Treasury),
        _ => Err(Soft::InvalidArgument.into()),
    }
}

pub(super) fn read_owner(guest: &mut Guest<'_>, owner: Range<usize>) -> Answer<Owner> {
    Owner::parse(&guest.text(owner)?).map_err(|_| Soft::InvalidArgument.into())
}

/// A token. A resource is refused: resources have a call of their own, and its answer does not depend on what the
/// host has drawn ahead.
pub(super) fn read_unit(guest: &mut Guest<'_>, unit: Range<usize>) -> Answer<Unit> {
    let unit = Unit::parse(&guest.text(unit)?).ok();
    unit.filter(|unit| !unit.is_resource()).ok_or_else(|| Soft::InvalidArgument.into())
}

pub(super) fn read_amount(amount: i64) -> Answer<u64> {
    u64::try_from(amount).ok().filter(|amount| *amount > 0).ok_or_else(|| Soft::InvalidArgument.into())
}

/// Refuses an owner whose account only the runtime may move.
pub(super) fn payable(to: &Owner) -> Answer<()> {
    if to.is_moved_by_the_runtime_alone() {
        return Err(Soft::Denied.into());
    }
    Ok(())
}

pub(super) fn closed(error: PortError) -> Stop {
    Stop::Hard(match error {
        PortError::Closed => wasmtime::Error::new(HostFault(error.to_string())),
        PortError::NeedsCounterpart(scope) => wasmtime::Error::new(NeedsCounterpart(scope)),
    })
}

/// Has the ledger do an operation for this run, and stages it. A refusal of the ledger is a code for the guest.
pub(super) async fn stage(guest: &mut Guest<'_>, operation: Operation) -> Answer<()> {
    let context = guest.context();
    if context.stage.journal.len() >= limits::TRANSFERS_MAX {
        return Err(Soft::Limit.into());
    }
    match context.call.ledger.stage(operation.clone()).await.map_err(closed)? {
        Ok(()) => {
            context.stage.journal.push(operation);
            Ok(())
        }
        Err(refusal) => Err(Soft::numbered(refusal.code.abi()).unwrap_or(Soft::InvalidArgument).into()),
    }
}
