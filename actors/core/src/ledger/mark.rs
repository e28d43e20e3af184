//! Marks: one number for each account, of its book and its flags. Every transfer reads it first.
//!
//! A book is one scope and one unit. Both sides of a posting have the same book, so comparing two marks with
//! an expected one answers at once whether a plain transfer between them needs any further question.

/// An account's book and flags, in one number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark(u64);

/// The account is open. An account without this flag is only a name.
pub(super) const PRESENT: u8 = 1;
/// The account is frozen.
pub(super) const FROZEN: u8 = 2;
/// The account is closed.
pub(super) const CLOSED: u8 = 4;
/// The account has limits of its own.
pub(super) const LIMITED: u8 = 8;
/// The account has no lower limit. It is a unit's issuance.
pub(super) const UNBOUNDED: u8 = 16;
/// No transfer moves the account: its owner is the runtime's own, or its unit is a resource.
pub(super) const SPECIAL: u8 = 32;
/// Something is held on the account.
pub(super) const HELD: u8 = 64;

const _: () = {
    let flags = [PRESENT, FROZEN, CLOSED, LIMITED, UNBOUNDED, SPECIAL, HELD];
    let (mut at, mut all) = (0, 0u8);
    while at < flags.len() {
        assert!(flags[at].is_power_of_two() && all & flags[at] == 0, "each flag is a bit of its own");
        all |= flags[at];
        at += 1;
    }
    let mark = Mark::new(u32::MAX, all);
    assert!(mark.book() == u32::MAX && mark.flags() == all, "a mark gives back its book and its flags");
    assert!(Mark::NONE.0 != mark.0 && Mark::NONE.flags() & !all != 0, "no account has the mark of none");
};

impl Mark {
    /// A mark that no account has.
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
    /// The mark of an open account of this book that has no other flag.
    pub(super) const fn plain(self) -> Self {
        Self::new(self.book(), PRESENT)
    }
}
