//! The order of every call.

use icn_core::costs;

use super::decide::{decide, meaning};
use super::{Effect, End, Expectation, Function, Kind, Needs, Trap, World, code};
use crate::abi_model::Number;

/// Why a call does not go on.
pub(super) enum Stop {
    Code(i64),
    Trap(Trap),
}

impl From<i64> for Stop {
    fn from(code: i64) -> Self {
        Self::Code(code)
    }
}

/// What a call that succeeds says and does.
pub(super) struct Said {
    pub(super) answer: i64,
    pub(super) written: Option<(usize, Vec<u8>)>,
    pub(super) effect: Effect,
}

/// Fuel: what was there, and what is charged.
pub(super) struct Meter {
    limit: u64,
    charged: u64,
}

impl Meter {
    pub(super) fn charge(&mut self, fuel: u64) -> Result<(), Stop> {
        if fuel > self.left() {
            return Err(Stop::Trap(Trap::OutOfFuel));
        }
        self.charged += fuel;
        Ok(())
    }
    pub(super) const fn left(&self) -> u64 {
        self.limit - self.charged
    }
}

/// One argument of a call: a number, or a pointer and its length or count.
#[derive(Debug, Clone, Copy)]
struct Slot {
    first: u64,
    second: u64,
}

/// A call.
pub(super) struct Call<'a> {
    pub(super) function: &'a Function,
    pub(super) memory: &'a [u8],
    pub(super) world: &'a World,
    slots: Vec<Slot>,
}

impl Call<'_> {
    fn index(&self, name: &str) -> usize {
        self.function.parameters.iter().position(|parameter| parameter.0 == name).unwrap_or(usize::MAX)
    }
    /// Bytes that an argument's range covers.
    fn extent(&self, index: usize) -> u64 {
        match self.function.parameters[index].1 {
            Kind::Cids(_) => self.slots[index].second * 36,
            kind => kind.fixed_bytes().map_or(self.slots[index].second, |bytes| bytes as u64),
        }
    }
    /// The bytes of an argument that is known to be inside.
    pub(super) fn bytes_at(&self, index: usize) -> &[u8] {
        let from = self.slots[index].first as usize;
        &self.memory[from..from + self.extent(index) as usize]
    }
    /// The same by name.
    pub(super) fn bytes(&self, name: &str) -> &[u8] {
        self.bytes_at(self.index(name))
    }
    /// A number.
    pub(super) fn number_at(&self, index: usize) -> u64 {
        self.slots[index].first
    }
    /// The same by name.
    pub(super) fn number(&self, name: &str) -> u64 {
        self.number_at(self.index(name))
    }
    /// Where an argument points, and its length.
    pub(super) fn place(&self, name: &str) -> (usize, usize) {
        let index = self.index(name);
        (self.slots[index].first as usize, self.extent(index) as usize)
    }
    /// A buffer `out` for what there is: written and charged when it fits.
    pub(super) fn give(&self, meter: &mut Meter, bytes: &[u8]) -> Result<Said, Stop> {
        let (at, cap) = self.place("out");
        let written = if bytes.len() <= cap {
            meter.charge(bytes.len() as u64 * costs::BYTE_FUEL)?;
            Some((at, bytes.to_vec()))
        } else {
            None
        };
        Ok(Said { answer: bytes.len() as i64, written, effect: Effect::Nothing })
    }
}

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
