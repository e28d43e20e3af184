//! Transfers to another federation scope. Everything up to the decision is here; the decision is no, because
//! there is no settlement between scopes that could say yes.

use icn_core::block::Capability;
use icn_core::id::Did;
use icn_core::{costs, limits};
use wasmtime::{Caller, Linker};

use super::money::{memo_part, owner_part, read_amount, read_owner, read_unit, unit_part};
use crate::context::Context;
use crate::memory::{Answer, Arg, Guest, Soft, answer, arg};

pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    linker.func_wrap(
        "icn",
        "host_transfer_cross",
        |caller: Caller<'_, Context>,
         scope: i32,
         scope_len: i32,
         to: i32,
         to_len: i32,
         unit: i32,
         unit_len: i32,
         amount: i64,
         memo: i32,
         memo_len: i32| {
            let (scope, to) = (arg("scope", scope, scope_len), arg("to", to, to_len));
            let (unit, memo) = (arg("unit", unit, unit_len), arg("memo", memo, memo_len));
            answer(transfer(caller, scope, to, unit, amount, memo))
        },
    )?;
    Ok(())
}

fn transfer(
    caller: Caller<'_, Context>,
    scope: Arg,
    to: Arg,
    unit: Arg,
    amount: i64,
    memo: Arg,
) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_transfer_cross", costs::LEDGER_FUEL)?;
    guest.require(Capability::Cross)?;
    let scope = scope.at_most(limits::NAME_BYTES_MAX, costs::BYTE_FUEL);
    let [scope, to, unit, memo] = guest.inspect([scope, owner_part(to), unit_part(unit), memo_part(memo)])?;
    Did::parse(&guest.text(scope)?).map_err(|_| Soft::InvalidArgument)?;
    read_owner(&mut guest, to)?;
    read_unit(&mut guest, unit)?;
    read_amount(amount)?;
    guest.text(memo)?;
    Err(Soft::Denied.into())
}
