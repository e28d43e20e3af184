//! `found`, and who is a steward: a member with the role that decides who belongs.

use alloc::string::String;
use alloc::vec::Vec;
use icn_guest::{Failure, state};

use crate::association::{Association, BAN_MS_MAX, KEY, QUORUM_MAX};
use crate::input;
use crate::member::Member;
use crate::refusal::{ALREADY_FOUNDED, NOT_A_STEWARD};

/// The role that decides who belongs.
pub const STEWARD: &str = "steward";

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
