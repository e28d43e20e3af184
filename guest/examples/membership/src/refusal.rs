//! Every refusal of this guest has a number, which the receipt shows. A refusal of the host's keeps the ABI's
//! negative code.

use alloc::format;
use core::fmt;
use icn_guest::Failure;

/// The input is not UTF-8.
pub const NOT_UTF8: i32 = 1;
/// The input is not one line with the fields that belong there.
pub const MALFORMED_INPUT: i32 = 2;
/// A field is not a plainly written whole number of 64 bits.
pub const NOT_A_NUMBER: i32 = 3;
/// A quorum below 1 or above 100, or a ban below zero or above a hundred years.
pub const OUT_OF_RANGE: i32 = 4;
/// There is an input where none is expected.
pub const INPUT_NOT_EMPTY: i32 = 5;

/// `found`: the association was founded before.
pub const ALREADY_FOUNDED: i32 = 10;
/// Any other entry: no association was founded.
pub const NOT_FOUNDED: i32 = 11;

/// `request`: the caller is a member.
pub const ALREADY_MEMBER: i32 = 20;
/// `request`: the caller has asked, and it is not decided.
pub const ALREADY_REQUESTED: i32 = 21;
/// `request`: the caller was expelled, and the ban is not over.
pub const BANNED: i32 = 22;
/// `request`: more than 256 bytes, or a control character.
pub const BAD_REQUEST: i32 = 23;

/// The caller is no steward.
pub const NOT_A_STEWARD: i32 = 30;
/// `approve`, `refuse`: who is named has not asked.
pub const NO_SUCH_REQUEST: i32 = 31;
/// `approve`, `refuse`, `expel`: the caller has voted on this.
pub const ALREADY_VOTED: i32 = 32;
/// `expel`: the caller named themselves; `leave` is for that.
pub const ONESELF: i32 = 33;

/// `leave`: the caller is no member and has not asked; others: who is named is no member.
pub const NOT_A_MEMBER: i32 = 40;
/// `leave`, `expel`, `revoke`: there would be no steward left.
pub const LAST_STEWARD: i32 = 41;

/// `grant`, `revoke`: a role that is not 1 to 32 of `a-z 0-9 -`.
pub const BAD_ROLE: i32 = 50;
/// `grant`: the member has the role.
pub const HAS_ROLE: i32 = 51;
/// `revoke`: the member has it not.
pub const HAS_NOT_ROLE: i32 = 52;
/// `grant`: the member has 16 roles.
pub const TOO_MANY_ROLES: i32 = 53;

/// What is kept cannot be read: it was not written by this version of this guest.
pub const STATE_UNREADABLE: i32 = 60;

/// A refusal with its message.
#[cold]
pub fn refuse(code: i32, what: fmt::Arguments<'_>) -> Failure {
    Failure::new(code, format!("{what}"))
}
