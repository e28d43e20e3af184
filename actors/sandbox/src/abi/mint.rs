//! Making and unmaking units of a token: transfers from and to its issuance account, whose balance is minus what
//! exists.

use icn_core::block::{Capability, Operation};
use icn_core::costs;
use icn_core::name::Owner;
use wasmtime::{Caller, Linker};

use super::money::{
    owner_part, payable, read_amount, read_owner, read_purse, read_unit, require_purse, stage, unit_part,
};
use crate::guest::{Answer, Arg, Context, Guest, answer, arg};

pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    linker.func_wrap_async(
        "icn",
        "host_mint",
        |caller: Caller<'_, Context>, (unit, unit_len, amount, to, to_len): (i32, i32, i64, i32, i32)| {
            Box::new(async move {
                answer(mint(caller, arg("unit", unit, unit_len), amount, arg("to", to, to_len)).await)
            })
        },
    )?;
    linker.func_wrap_async(
        "icn",
        "host_burn",
        |caller: Caller<'_, Context>, (unit, unit_len, amount, from): (i32, i32, i64, i32)| {
            Box::new(async move { answer(burn(caller, arg("unit", unit, unit_len), amount, from).await) })
        },
    )?;
    Ok(())
}

async fn mint(caller: Caller<'_, Context>, unit: Arg, amount: i64, to: Arg) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_mint", costs::LEDGER_FUEL)?;
    guest.require(Capability::Mint)?;
    let [unit, to] = guest.inspect([unit_part(unit), owner_part(to)])?;
    let unit = read_unit(&mut guest, unit)?;
    let amount = read_amount(amount)?;
    let to = read_owner(&mut guest, to)?;
    payable(&to)?;
    stage(&mut guest, Operation::transfer(Owner::Issuance, to, unit, amount)).await?;
    Ok(0)
}

async fn burn(caller: Caller<'_, Context>, unit: Arg, amount: i64, from: i32) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_burn", costs::LEDGER_FUEL)?;
    guest.require(Capability::Mint)?;
    require_purse(&mut guest, from)?;
    let [unit] = guest.inspect([unit_part(unit)])?;
    let unit = read_unit(&mut guest, unit)?;
    let amount = read_amount(amount)?;
    let from = read_purse(&mut guest, from)?;
    stage(&mut guest, Operation::transfer(from, Owner::Issuance, unit, amount)).await?;
    Ok(0)
}
