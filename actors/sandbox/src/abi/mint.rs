//! Minting and burning units of a token: transfers from and to its issuance account. The balance of that account is
//! minus the number of units that exist.

use icn_core::block::{Capability, Operation};
use icn_core::costs;
use icn_core::name::Owner;

use super::money::{
    bounded_owner, bounded_unit, payable, read_amount, read_owner, read_purse, read_unit, require_purse,
    stage,
};
use crate::guest::{Answer, HostCall, arg};

pub(super) async fn host_mint(
    call: HostCall<'_>,
    unit: i32,
    unit_len: i32,
    amount: i64,
    to: i32,
    to_len: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::LEDGER_FUEL)?;
    let (unit, to) = (arg("unit", unit, unit_len), arg("to", to, to_len));
    guest.require(Capability::Mint)?;
    let [unit, to] = guest.inspect([bounded_unit(unit), bounded_owner(to)])?;
    let unit = read_unit(&mut guest, unit)?;
    let amount = read_amount(amount)?;
    let to = read_owner(&mut guest, to)?;
    payable(&to)?;
    stage(&mut guest, Operation::transfer(Owner::Issuance, to, unit, amount)).await?;
    Ok(0)
}

pub(super) async fn host_burn(
    call: HostCall<'_>,
    unit: i32,
    unit_len: i32,
    amount: i64,
    from: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::LEDGER_FUEL)?;
    let unit = arg("unit", unit, unit_len);
    guest.require(Capability::Mint)?;
    require_purse(&mut guest, from)?;
    let [unit] = guest.inspect([bounded_unit(unit)])?;
    let unit = read_unit(&mut guest, unit)?;
    let amount = read_amount(amount)?;
    let from = read_purse(&mut guest, from)?;
    stage(&mut guest, Operation::transfer(from, Owner::Issuance, unit, amount)).await?;
    Ok(0)
}
