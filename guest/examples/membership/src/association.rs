//! The rules that hold for the whole association, and how many stewards it has.
//!
//! Stored under `association`: the quorum, the ban in milliseconds, and the number of stewards.

use icn_guest::record::{Reader, Writer};
use icn_guest::{Failure, state};

use crate::refusal::{LAST_STEWARD, NOT_FOUNDED, STATE_UNREADABLE};

/// The key of the association.
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
    /// How many stewards there are: at least one.
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

    /// Stores it.
    pub fn store(&self) -> Result<(), Failure> {
        let Association { quorum, ban_ms, stewards } = *self;
        state::set(KEY, &Writer::new().number(quorum).number(ban_ms).number(stewards).bytes())?;
        Ok(())
    }

    /// How many votes are needed now.
    pub fn votes_needed(&self) -> i64 {
        self.quorum.min(self.stewards)
    }

    /// Counts one steward less; refused for the last one.
    pub fn lose_steward(&mut self) -> Result<(), Failure> {
        if self.stewards <= 1 {
            return Err(Failure::new(LAST_STEWARD, "the association would be without a steward"));
        }
        self.stewards -= 1;
        self.store()
    }
}
