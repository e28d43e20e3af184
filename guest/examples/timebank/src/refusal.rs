//! Every refusal of this guest has a number, which the receipt shows. A refusal by the host keeps the ABI's negative
//! code.

use alloc::format;
use core::fmt;
use icn_guest::Failure;

/// The input is not UTF-8.
pub const NOT_UTF8: i32 = 1;
/// The input is not one line with the expected fields.
pub const MALFORMED_INPUT: i32 = 2;
/// A field is not a plainly written whole number of 64 bits.
pub const NOT_A_NUMBER: i32 = 3;
/// An amount that is zero or below, or a limit below zero.
pub const OUT_OF_RANGE: i32 = 4;
/// A memo of more than 128 bytes, or with a control character.
pub const BAD_MEMO: i32 = 5;
/// There is an input where none is expected.
pub const INPUT_NOT_EMPTY: i32 = 6;

/// `open`: the bank was opened before.
pub const ALREADY_OPEN: i32 = 10;
/// Any other entry: no bank was opened.
pub const NOT_OPEN: i32 = 11;
/// `open`: a unit that is not `[A-Z][A-Z0-9]*` of at most 12.
pub const BAD_UNIT: i32 = 12;
/// `set_limit`: the caller is not the bank's administrator.
pub const NOT_ADMINISTRATOR: i32 = 13;

/// `join`: the caller is a member.
pub const ALREADY_MEMBER: i32 = 20;
/// The caller is no member.
pub const NOT_A_MEMBER: i32 = 21;
/// The input names a DID that is no member.
pub const UNKNOWN_MEMBER: i32 = 22;

/// `pay`, `offer`: payer and payee are the same.
pub const TO_ONESELF: i32 = 30;
/// `pay`, `offer`: the payer would owe more than the limit.
pub const BEYOND_LIMIT: i32 = 31;
/// The payee's balance would not fit into 64 bits.
pub const OVERFLOW: i32 = 32;
/// `set_limit`: the member owes more than that.
pub const LIMIT_BELOW_DEBT: i32 = 33;

/// `accept`, `cancel`: no such offer is open.
pub const UNKNOWN_OFFER: i32 = 40;
/// `accept`, `cancel`: the caller is neither the member who offered nor the one who is to do the job.
pub const NOT_YOURS: i32 = 41;
/// `cancel`: the member who offered may not cancel before the deadline.
pub const BEFORE_DEADLINE: i32 = 42;
/// `offer`: a deadline that is not in the future.
pub const DEADLINE_PASSED: i32 = 43;

/// `audit`: the sum is not zero, or a limit is broken. This is a defect of this guest.
pub const AUDIT_FAILED: i32 = 50;

/// A stored value cannot be read: this version of this guest did not write it.
pub const STATE_UNREADABLE: i32 = 60;

/// A refusal with its message.
#[cold]
pub fn refuse(code: i32, what: fmt::Arguments<'_>) -> Failure {
    Failure::new(code, format!("{what}"))
}
