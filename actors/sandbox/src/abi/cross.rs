//! Transfers to another federation scope. It is paused for the run, and signs its own side of them.
//!
//! When the other scope is not paused, the run ends without an outcome (`NeedsCounterpart`), and the host runs the
//! invocation again once it is.

use icn_core::block::{Capability, Operation};
use icn_core::name::{Did, Owner};
use icn_core::{costs, limits};

use super::money::{
    bounded_memo, bounded_owner, bounded_unit, payable, read_amount, read_owner, read_unit, stage,
};
use crate::contract::Soft;
use crate::guest::{Answer, Guest, HostCall, arg};

#[expect(clippy::too_many_arguments, reason = "the parameters of the host function, as the table lists them")]
pub(super) async fn host_transfer_cross(
    call: HostCall<'_>,
    scope: i32,
    scope_len: i32,
    to: i32,
    to_len: i32,
    unit: i32,
    unit_len: i32,
    amount: i64,
    memo: i32,
    memo_len: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::LEDGER_FUEL)?;
    let (scope, to) = (arg("scope", scope, scope_len), arg("to", to, to_len));
    let (unit, memo) = (arg("unit", unit, unit_len), arg("memo", memo, memo_len));
    guest.require(Capability::Cross)?;
    let scope = scope.at_most(limits::NAME_BYTES_MAX, costs::BYTE_FUEL);
    let [scope, to, unit, memo] =
        guest.inspect([scope, bounded_owner(to), bounded_unit(unit), bounded_memo(memo)])?;
    let scope = Did::parse(&guest.text(scope)?).map_err(|_| Soft::InvalidArgument)?;
    let to = read_owner(&mut guest, to)?;
    let unit = read_unit(&mut guest, unit)?;
    let amount = read_amount(amount)?;
    let memo = guest.text(memo)?;
    payable(&to)?;
    let context = guest.context();
    if !context.call.policy.deals_with(&scope) {
        return Err(Soft::Denied.into());
    }
    let asked = &mut context.stage.counterparts;
    if !asked.contains(&scope) {
        if asked.len() >= limits::CROSSING_SCOPES_MAX {
            return Err(Soft::Limit.into());
        }
        asked.insert(scope);
        charge_rerun(&mut guest)?;
    }
    let from = Owner::Member(guest.context().call.caller);
    stage(&mut guest, Operation::Send { from, scope, to, unit, amount, memo }).await?;
    Ok(0)
}

/// Charges for a scope that the run pays for the first time: for its leg, and once more for everything that the run
/// has burned so far. A host that has to pause the scope first stops here and runs that part again.
fn charge_rerun(guest: &mut Guest<'_>) -> Answer<()> {
    let left = guest.fuel_left()?;
    let context = guest.context();
    let burned = context.call.fuel.saturating_sub(left).saturating_sub(context.stage.rerun_fuel);
    let price = burned.saturating_add(costs::CROSSING_FUEL);
    context.stage.rerun_fuel = context.stage.rerun_fuel.saturating_add(price);
    guest.charge(price)
}
