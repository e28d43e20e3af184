//! Escrow: a payment in two phases.
//!
//! A hold sets units of the payer's account aside, until the module that placed it settles or voids it, or until its
//! deadline. No other module can end it.

use icn_core::block::{Capability, Operation};
use icn_core::ledger::HoldState;
use icn_core::name::{Bytes, HoldId, Owner, hold_id};
use icn_core::{costs, limits};

use super::money::{
    bounded_owner, bounded_unit, closed, payable, read_amount, read_owner, read_purse, read_unit,
    require_purse, stage,
};
use crate::contract::Soft;
use crate::guest::{Answer, Guest, HostCall, arg, fixed_arg};

/// Bytes of a hold's name.
const ID_BYTES: usize = 16;
const _: () = assert!(size_of::<HoldId>() == ID_BYTES, "a hold's name has one length");

#[expect(clippy::too_many_arguments, reason = "the parameters of the host function, as the table lists them")]
pub(super) async fn host_hold(
    call: HostCall<'_>,
    from: i32,
    to: i32,
    to_len: i32,
    unit: i32,
    unit_len: i32,
    amount: i64,
    deadline: i64,
    out: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::LEDGER_FUEL)?;
    let (to, unit) = (arg("to", to, to_len), arg("unit", unit, unit_len));
    let out = fixed_arg("out", out, ID_BYTES);
    guest.require(Capability::Transfer)?;
    require_purse(&mut guest, from)?;
    let [to, unit, out] = guest.inspect([bounded_owner(to), bounded_unit(unit), out.buffer()])?;
    let from = read_purse(&mut guest, from)?;
    let to = read_owner(&mut guest, to)?;
    let unit = read_unit(&mut guest, unit)?;
    let amount = read_amount(amount)?;
    let call = &guest.context().call;
    let (time, module, seed) = (call.time, call.module, call.seed);
    let ahead = u64::try_from(deadline).ok().and_then(|deadline| deadline.checked_sub(time));
    let ahead = ahead.filter(|ahead| (1..=limits::HOLD_AHEAD_MS_MAX).contains(ahead));
    let deadline = time + ahead.ok_or(Soft::InvalidArgument)?;
    payable(&to)?;
    let id = hold_id(&seed, guest.context().stage.holds_placed);
    stage(&mut guest, Operation::Hold { id, from, to, unit, amount, deadline, module }).await?;
    guest.context().stage.holds_placed += 1;
    guest.put(out, &id.0)?;
    Ok(0)
}

/// The open hold of this name, if this module placed it.
async fn own_hold(guest: &mut Guest<'_>, id: HoldId) -> Answer<HoldState> {
    let context = guest.context();
    let hold = context.call.ledger.open_hold(id).await.map_err(closed)?.ok_or(Soft::NotFound)?;
    if hold.by != Owner::Module(context.call.module) {
        return Err(Soft::Denied.into());
    }
    Ok(hold)
}

pub(super) async fn host_settle_hold(call: HostCall<'_>, id: i32, amount: i64) -> Answer<u32> {
    let mut guest = call.enter(costs::LEDGER_FUEL)?;
    let id = fixed_arg("id", id, ID_BYTES);
    guest.require(Capability::Transfer)?;
    let [id] = guest.inspect([id.at_most(ID_BYTES, costs::BYTE_FUEL)])?;
    let id: HoldId = Bytes(guest.fixed(id)?);
    let amount = read_amount(amount)?;
    let hold = own_hold(&mut guest, id).await?;
    if amount > hold.amount {
        return Err(Soft::Exhausted.into());
    }
    stage(&mut guest, Operation::Settle { id, amount }).await?;
    Ok(0)
}

pub(super) async fn host_void_hold(call: HostCall<'_>, id: i32) -> Answer<u32> {
    let mut guest = call.enter(costs::LEDGER_FUEL)?;
    let id = fixed_arg("id", id, ID_BYTES);
    guest.require(Capability::Transfer)?;
    let [id] = guest.inspect([id.at_most(ID_BYTES, costs::BYTE_FUEL)])?;
    let id: HoldId = Bytes(guest.fixed(id)?);
    own_hold(&mut guest, id).await?;
    stage(&mut guest, Operation::Void { id }).await?;
    Ok(0)
}
