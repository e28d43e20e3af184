//! What says whether an account's counters may move, in one number.

/// What says whether an account's counters may move, in one number: its scope and unit's, and flags. Both sides of a
/// transfer have one scope and unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    /// What no account has.
    pub(super) const NONE: Self = Self(u64::MAX);

    pub(super) const fn new(book: u32, flags: u8) -> Self {
        Self((book as u64) << 8 | flags as u64)
    }
    #[expect(clippy::cast_possible_truncation, reason = "the 32 bits that were put there")]
    pub(super) const fn book(self) -> u32 {
        (self.0 >> 8) as u32
    }
    #[expect(clippy::cast_possible_truncation, reason = "the 8 bits that were put there")]
    pub(super) const fn flags(self) -> u8 {
        self.0 as u8
    }
    /// The mark of an open account of this scope and unit of which nothing else is to be said.
    pub(super) const fn plain(self) -> Self {
        Self::new(self.book(), PRESENT)
    }
}

/// It is open; an account without it is only a name.
pub(super) const PRESENT: u8 = 1;

pub(super) const FROZEN: u8 = 2;

pub(super) const CLOSED: u8 = 4;

/// It has limits of its own.
pub(super) const LIMITED: u8 = 8;

/// Without a lower limit: a unit's issuance.
pub(super) const UNBOUNDED: u8 = 16;

/// No transfer moves it: an owner of the runtime's own, or a resource.
pub(super) const SPECIAL: u8 = 32;

/// Something is held on it.
pub(super) const HELD: u8 = 64;
