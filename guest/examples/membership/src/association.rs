//! `found`, and what holds for the whole association.
//!
//! Kept under `association`: the quorum, the ban in milliseconds, and how many stewards there are.

use alloc::string::String;
use alloc::vec::Vec;
use icn_guest::record::{Reader, Writer};
use icn_guest::{Failure, state};

use crate::input;
use crate::member::Member;
use crate::refusal::{ALREADY_FOUNDED, LAST_STEWARD, NOT_A_STEWARD, NOT_FOUNDED, STATE_UNREADABLE};
use crate::role::STEWARD;

/// Where it is kept.
pub const KEY: &[u8] = b"association";
/// The largest quorum.
pub const QUORUM_MAX: i64 = 100;
/// The longest ban: a hundred years of 365 days.
pub const BAN_MS_MAX: i64 = 100 * 365 * 24 * 60 * 60 * 1000;

/// The rules, and the number of stewards.
#[derive(Clone, Copy, Debug)]
pub struct Association {
    /// How many stewards decide.
    pub quorum: i64,
    /// How long an expelled member stays away.
    pub ban_ms: i64,
    /// How many stewards there are: never none.
    pub stewards: i64,
}

impl Association {
    /// Reads it; refused when none was founded.
    pub fn load() -> Result<Association, Failure> {
        let bytes =
            state::get(KEY)?.ok_or_else(|| Failure::new(NOT_FOUNDED, "no association was founded here"))?;
        let mut reader = Reader::new(&bytes, "association", STATE_UNREADABLE)?;
        let association =
            Association { quorum: reader.number()?, ban_ms: reader.number()?, stewards: reader.number()? };
        reader.end()?;
        Ok(association)
    }

    /// Keeps it.
    pub fn store(&self) -> Result<(), Failure> {
        let Association { quorum, ban_ms, stewards } = *self;
        state::set(KEY, &Writer::new().number(quorum).number(ban_ms).number(stewards).bytes())?;
        Ok(())
    }

    /// How many votes decide now.
    pub fn votes_needed(&self) -> i64 {
        self.quorum.min(self.stewards)
    }

    /// One steward fewer, if one remains.
    pub fn lose_steward(&mut self) -> Result<(), Failure> {
        if self.stewards <= 1 {
            return Err(Failure::new(LAST_STEWARD, "the association would be without a steward"));
        }
        self.stewards -= 1;
        self.store()
    }
}

/// The caller, who must be a steward.
pub fn steward() -> Result<String, Failure> {
    let caller = icn_guest::caller()?;
    if Member::find(&caller)?.is_some_and(|member| member.has(STEWARD)) {
        return Ok(caller);
    }
    Err(Failure::new(NOT_A_STEWARD, "only a steward may"))
}

pub(crate) fn found() -> Result<(), Failure> {
    if state::contains(KEY)? {
        return Err(Failure::new(ALREADY_FOUNDED, "an association was founded here before"));
    }
    let text = input::input()?;
    let [quorum, ban] = input::fields(&text, "quorum;ban")?;
    let quorum = input::number(quorum, "the quorum", 1, QUORUM_MAX)?;
    let ban_ms = input::number(ban, "the ban", 0, BAN_MS_MAX)?;
    Association { quorum, ban_ms, stewards: 1 }.store()?;
    Member::admit(&icn_guest::caller()?, Vec::from([String::from(STEWARD)]))
}
