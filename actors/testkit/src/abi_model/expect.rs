//! The order of every call, as the contract has it: charge the base, require the capability, bound and charge each length,
//! check each range, read each argument, decide.

use super::call::{Call, Meter, Said, Slot, Stop};
use super::code;
use super::decide::decide;
use super::effect::{Effect, End, Expectation, Trap};
use super::meaning::meaning;
use super::table::{Function, Kind, Needs, Number};
use super::world::World;

/// What a call with that fuel comes to: `arguments` as the guest gives them, 32-bit ones read as unsigned.
///
/// # Panics
///
/// When there are fewer arguments than the function has.
#[must_use]
pub fn expect(
    function: &Function,
    arguments: &[u64],
    memory: &[u8],
    world: &World,
    fuel: u64,
) -> Expectation {
    let mut given = arguments.iter().copied();
    let mut next = || given.next().unwrap_or_else(|| panic!("{} has more arguments", function.name));
    let slots = function.parameters.iter().map(|parameter| Slot {
        first: next(),
        second: if parameter.1.types().len() == 2 { next() } else { 0 },
    });
    let call = Call { function, memory, world, slots: slots.collect() };
    let mut meter = Meter { limit: fuel, charged: 0 };
    let (end, written, effect) = match walk(&call, &mut meter) {
        Ok(done) => (End::Answer(done.answer), done.written, done.effect),
        Err(Stop::Code(code)) => (End::Answer(code), None, Effect::Nothing),
        Err(Stop::Trap(trap)) => (End::Trap(trap), None, Effect::Nothing),
    };
    Expectation { fuel: meter.charged, end, written, effect }
}

fn walk(call: &Call<'_>, meter: &mut Meter) -> Result<Said, Stop> {
    let (function, capabilities) = (call.function, &call.world.capabilities);
    meter.charge(function.base_fuel)?;
    let may = match function.needs {
        Needs::Nothing => true,
        Needs::One(name) => capabilities.contains(name),
        Needs::Any(prefix) => capabilities.iter().any(|name| name.starts_with(prefix)),
    };
    let treasury = function
        .parameters
        .iter()
        .zip(&call.slots)
        .any(|(parameter, slot)| parameter.1 == Kind::Small(Number::Purse) && slot.first == 2);
    if !may || (treasury && !capabilities.contains("treasury")) {
        return Err(code::DENIED.into());
    }
    for (index, parameter) in function.parameters.iter().enumerate() {
        if !parameter.1.is_range() {
            continue;
        }
        let mut bytes = call.extent(index);
        if let Some(max) = parameter.1.length_max() {
            let over = call.slots[index].second > max as u64;
            match parameter.1 {
                Kind::Cut(_) => bytes = bytes.min(max as u64),
                _ if over => return Err(code::TOO_LARGE.into()),
                _ => {}
            }
        }
        meter.charge(if parameter.2 == 0 { 0 } else { bytes * parameter.2 })?;
    }
    for (index, parameter) in function.parameters.iter().enumerate() {
        let (pointer, length) = (call.slots[index].first, call.extent(index));
        let memory = call.memory.len() as u64;
        if parameter.1.is_range() && u128::from(pointer) + u128::from(length) > u128::from(memory) {
            let argument = parameter.0;
            return Err(Stop::Trap(Trap::MemoryFault { argument, pointer, length, memory }));
        }
    }
    for index in 0..function.parameters.len() {
        meaning(call, index)?;
    }
    decide(call, meter)
}
