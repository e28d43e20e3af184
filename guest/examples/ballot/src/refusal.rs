//! Every refusal of this guest has a number, which the receipt shows. A refusal by the host keeps the ABI's
//! negative code.

use alloc::format;
use core::fmt;
use icn_guest::Failure;

/// The input is not UTF-8.
pub const NOT_UTF8: i32 = 1;
/// A line does not have the expected form or number of fields, or there is a line too many.
pub const MALFORMED_LINE: i32 = 2;
/// A number is not written plainly: digits, no leading zero, `-` only before a number below zero.
pub const NOT_A_NUMBER: i32 = 3;
/// A number is written plainly but is outside of its bounds.
pub const OUT_OF_RANGE: i32 = 4;

/// `open`: an election was opened before.
pub const ALREADY_OPENED: i32 = 10;
/// `open`: a key that this guest does not know.
pub const UNKNOWN_KEY: i32 = 11;
/// `open`: a key that was given before.
pub const REPEATED_KEY: i32 = 12;
/// `open`: `vote_type`, `budget`, `unit` or the section `PROJECTS` is missing.
pub const MISSING_KEY: i32 = 13;
/// `open`: a vote type other than `approval`, `cumulative` and `scoring`.
pub const UNKNOWN_VOTE_TYPE: i32 = 14;
/// `open`: a rule that does not belong to the vote type.
pub const FOREIGN_RULE: i32 = 15;
/// `open`: rules that no ballot can fulfil.
pub const CONTRADICTING_RULES: i32 = 16;
/// `open`: a unit that is not 1 to 32 bytes of `[A-Za-z0-9._/-]`.
pub const BAD_UNIT: i32 = 17;
/// `open`: a project's id that is not 1 to 32 bytes of `[A-Za-z0-9._/-]`.
pub const BAD_PROJECT_ID: i32 = 18;
/// `open`: a project that was listed before.
pub const REPEATED_PROJECT: i32 = 19;
/// `open`: no project is listed.
pub const NO_PROJECTS: i32 = 20;
/// `open`: more than 4096 projects are listed.
pub const TOO_MANY_PROJECTS: i32 = 21;
/// `open`: the sum of all costs is larger than the largest amount.
pub const COSTS_OVERFLOW: i32 = 22;

/// `vote`, `tally`: no election was opened.
pub const NOT_OPEN: i32 = 30;
/// `vote`: the election was tallied.
pub const CLOSED: i32 = 31;
/// `vote`: this member has voted.
pub const ALREADY_VOTED: i32 = 32;
/// `vote`: the ballot names a project that is not listed.
pub const UNKNOWN_PROJECT: i32 = 33;
/// `vote`: the ballot names a project twice.
pub const PROJECT_NAMED_TWICE: i32 = 34;
/// `vote`: the ballot names fewer projects than `min_length` or more than `max_length`.
pub const LENGTH_OUTSIDE_RULES: i32 = 35;
/// `vote`: there are not as many points as projects.
pub const POINTS_NOT_AS_PROJECTS: i32 = 36;
/// `vote`: the points of a project are outside `min_points` and `max_points`.
pub const POINTS_OUTSIDE_RULES: i32 = 37;
/// `vote`: the points together are outside `min_sum_points` and `max_sum_points`.
pub const POINTS_SUM_OUTSIDE_RULES: i32 = 38;
/// `vote`: the named projects' costs together are outside `min_sum_cost` and `max_sum_cost`.
pub const COST_SUM_OUTSIDE_RULES: i32 = 39;

/// `tally`: there is an input, and none is expected.
pub const INPUT_NOT_EMPTY: i32 = 50;
/// `tally`: the election was tallied before.
pub const ALREADY_TALLIED: i32 = 51;

/// A stored value cannot be read: this version of this guest did not write it.
pub const STATE_UNREADABLE: i32 = 60;

/// A refusal because of a line of the input.
#[cold]
pub fn at_line(line: usize, code: i32, what: fmt::Arguments<'_>) -> Failure {
    Failure::new(code, format!("line {line}: {what}"))
}

/// The refusal of stored bytes that cannot be read.
#[cold]
pub fn unreadable(what: &str) -> Failure {
    Failure::new(STATE_UNREADABLE, format!("the stored {what} cannot be read"))
}
