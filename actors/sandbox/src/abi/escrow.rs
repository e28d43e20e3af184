//! Escrow: a payment in two phases. A hold takes units from the payer's account and keeps them on one of its own,
//! until the module that placed it settles or voids it, or its deadline comes.

use icn_core::block::{Capability, HoldTerms, Transfer};
use icn_core::chain::hold_id;
use icn_core::id::{Bytes, HoldId, Owner};
use icn_core::ledger::OpenHold;
use icn_core::{costs, limits};
use wasmtime::{Caller, Linker};

use super::money::{
    closed, owner_part, payable, read_amount, read_owner, read_purse, read_unit, require_purse, stage,
    unit_part,
};
use crate::context::{Context, HostFault};
use crate::memory::{Answer, Arg, Guest, Soft, Stop, answer, arg};

/// Bytes of a hold's name.
const ID_BYTES: usize = 16;
const ID_LEN: i32 = 16;
const _: () = assert!(ID_LEN as usize == ID_BYTES && size_of::<HoldId>() == ID_BYTES, "one length");

pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    linker.func_wrap_async(
        "icn",
        "host_hold",
        |caller: Caller<'_, Context>,
         (from, to, to_len, unit, unit_len, amount, deadline, out): (
            i32,
            i32,
            i32,
            i32,
            i32,
            i64,
            i64,
            i32,
        )| {
            Box::new(async move {
                let (to, unit) = (arg("to", to, to_len), arg("unit", unit, unit_len));
                answer(place(caller, from, to, unit, amount, deadline, arg("out", out, ID_LEN)).await)
            })
        },
    )?;
    linker.func_wrap_async(
        "icn",
        "host_settle_hold",
        |caller: Caller<'_, Context>, (id, amount): (i32, i64)| {
            Box::new(async move { answer(settle(caller, arg("id", id, ID_LEN), amount).await) })
        },
    )?;
    linker.func_wrap_async("icn", "host_void_hold", |caller: Caller<'_, Context>, (id,): (i32,)| {
        Box::new(async move { answer(void(caller, arg("id", id, ID_LEN)).await) })
    })?;
    Ok(())
}

async fn place(
    caller: Caller<'_, Context>,
    from: i32,
    to: Arg,
    unit: Arg,
    amount: i64,
    deadline: i64,
    out: Arg,
) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_hold", costs::LEDGER_FUEL)?;
    guest.require(Capability::Transfer)?;
    require_purse(&mut guest, from)?;
    let [to, unit, out] = guest.inspect([owner_part(to), unit_part(unit), out.buffer()])?;
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
    let terms = HoldTerms { to, deadline, module };
    stage(&mut guest, Transfer::new(from, Owner::Hold(id), unit, amount).with_terms(terms)).await?;
    guest.context().stage.holds_placed += 1;
    guest.put(out, &id.0)?;
    Ok(0)
}

/// An open hold that this module placed.
async fn ours(guest: &mut Guest<'_>, id: HoldId) -> Answer<OpenHold> {
    let context = guest.context();
    let hold = context.call.ledger.open_hold(id).await.map_err(closed)?.ok_or(Soft::NotFound)?;
    if hold.terms.module != context.call.module {
        return Err(Soft::Denied.into());
    }
    Ok(hold)
}

/// Pays out of a hold: all of these payments, or none of them.
async fn pay_out(guest: &mut Guest<'_>, payments: impl IntoIterator<Item = Transfer>) -> Answer<u32> {
    let payments: Vec<Transfer> = payments.into_iter().filter(|payment| payment.amount > 0).collect();
    if guest.context().stage.journal.len() + payments.len() > limits::TRANSFERS_MAX {
        return Err(Soft::Limit.into());
    }
    for payment in payments {
        // The ledger said what is held, and nobody asks it anything in between: it must have it.
        stage(guest, payment).await.map_err(|stop| match stop {
            Stop::Soft(soft) => Stop::Hard(wasmtime::Error::new(HostFault(format!(
                "a hold that is open does not pay: {}",
                soft.name()
            )))),
            hard @ Stop::Hard(_) => hard,
        })?;
    }
    Ok(0)
}

async fn settle(caller: Caller<'_, Context>, id: Arg, amount: i64) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_settle_hold", costs::LEDGER_FUEL)?;
    guest.require(Capability::Transfer)?;
    let [id] = guest.inspect([id.at_most(ID_BYTES, costs::BYTE_FUEL)])?;
    let id: HoldId = Bytes(guest.fixed(id)?);
    let amount = read_amount(amount)?;
    let hold = ours(&mut guest, id).await?;
    let rest = hold.amount.checked_sub(amount).ok_or(Soft::Exhausted)?;
    let from = Owner::Hold(id);
    let paid = Transfer::new(from.clone(), hold.terms.to, hold.unit.clone(), amount);
    pay_out(&mut guest, [paid, Transfer::new(from, hold.payer, hold.unit, rest)]).await
}

async fn void(caller: Caller<'_, Context>, id: Arg) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_void_hold", costs::LEDGER_FUEL)?;
    guest.require(Capability::Transfer)?;
    let [id] = guest.inspect([id.at_most(ID_BYTES, costs::BYTE_FUEL)])?;
    let id: HoldId = Bytes(guest.fixed(id)?);
    let hold = ours(&mut guest, id).await?;
    pay_out(&mut guest, [Transfer::new(Owner::Hold(id), hold.payer, hold.unit, hold.amount)]).await
}
