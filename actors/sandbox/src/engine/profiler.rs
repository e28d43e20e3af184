//! The functions that a profiled module calls when its functions begin and end.
//!
//! What a telling costs is given back at once, so a profiled run burns to the unit what a plain one does.
//!
//! The engine looks at its counter only at loops and calls, and a counter below zero reads as zero. So the counter
//! holds as much beyond the guest's fuel as one telling takes ([`profiled_fuel_margin`]): while the guest has fuel,
//! no telling takes the counter to zero, and where it is at zero the guest has none. Up to there a profiled run is
//! the plain one. What comes after, until the plain run would be stopped, is in no table. That is why what is
//! staged is never a profiled run's own (`run/profiled.rs`).

use icn_core::block::TrapKind;
use wasmtime::{Caller, Linker};

use crate::contract::FUEL_MARGIN;
use crate::guest::{Context, FuelCount, HostFault, stop};
use crate::instrument::{PROFILE_FUNCTIONS, PROFILE_MODULE, TELL_FUEL};

/// Defines the functions that a profiled module calls.
pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let [begin, end] = PROFILE_FUNCTIONS;
    linker.func_wrap(PROFILE_MODULE, begin, |mut caller: Caller<'_, Context>, function: i32| {
        let count = told(&mut caller)?;
        count.begin(u32::try_from(function).unwrap_or_default());
        Ok(())
    })?;
    linker.func_wrap(PROFILE_MODULE, end, |mut caller: Caller<'_, Context>, _: i32| {
        let count = told(&mut caller)?;
        count.end();
        Ok(())
    })?;
    Ok(())
}

/// Units that the engine's counter holds beyond the guest's fuel in a profiled run.
pub(crate) fn profiled_fuel_margin() -> u64 {
    FUEL_MARGIN + *TELL_FUEL
}

/// Gives back the fuel that the telling burned, and adds what was burned before it to the function that ran.
fn told<'a>(caller: &'a mut Caller<'_, Context>) -> wasmtime::Result<&'a mut FuelCount> {
    let counter = caller.get_fuel()?;
    if counter < FUEL_MARGIN {
        return Err(stop(TrapKind::OutOfFuel, "the profiler counts no further".into()));
    }
    let left = counter.saturating_add(*TELL_FUEL);
    caller.set_fuel(left)?;
    let count = caller.data_mut().fuel_count.as_deref_mut();
    let count =
        count.ok_or_else(|| wasmtime::Error::new(HostFault("a profiled module in a plain run".into())))?;
    count.mark(left);
    Ok(count)
}
