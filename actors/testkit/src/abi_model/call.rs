//! One call: its arguments, its fuel, and what it says when it goes on or stops.

use icn_core::costs;

use super::effect::{Effect, Trap};
use super::table::{Function, Kind};
use super::world::World;

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
    pub(super) limit: u64,
    pub(super) charged: u64,
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
pub(super) struct Slot {
    pub(super) first: u64,
    pub(super) second: u64,
}

/// A call.
pub(super) struct Call<'a> {
    pub(super) function: &'a Function,
    pub(super) memory: &'a [u8],
    pub(super) world: &'a World,
    pub(super) slots: Vec<Slot>,
}

impl Call<'_> {
    fn index(&self, name: &str) -> usize {
        self.function.parameters.iter().position(|parameter| parameter.0 == name).unwrap_or(usize::MAX)
    }
    /// Bytes that an argument's range covers.
    pub(super) fn extent(&self, index: usize) -> u64 {
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

pub(super) const fn says(answer: i64) -> Said {
    Said { answer, written: None, effect: Effect::Nothing }
}

pub(super) const fn does(effect: Effect) -> Said {
    Said { answer: 0, written: None, effect }
}
