//! The two kinds of errors: [`HostError`], by which the host refuses a call, and [`Failure`], by which an entry ends.
//!
//! A refused call has no effect, and the guest goes on. It handles the error, or returns it with `?`: then the
//! entry fails. A failed entry has no effect at all; the receipt has its number and its message.
//!
//! | number of a failure | whose it is |
//! | --- | --- |
//! | 1 and more | a refusal of the guest, which numbers its own |
//! | -1 to -9 | an error of the host that the entry passed on |
//!
//! This file calls nothing: `results.rs` turns the host's numbers into these errors.

use alloc::format;
use alloc::string::String;
use core::fmt;

/// An error of one call: the host refused it, the call has no effect, and the guest goes on.
///
/// The documentation of a call names the errors that have a special meaning there.
///
/// The discriminant is the ABI's code (`docs/host-abi.md`, "Answers").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum HostError {
    /// A malformed CID, DID, name, JSON or enum, or an amount that is not positive.
    InvalidArgument = -1,
    /// Text is not UTF-8.
    InvalidUtf8 = -2,
    /// A length is over the maximum for that argument.
    TooLarge = -3,
    /// No such value, node, credential or account.
    NotFound = -4,
    /// The capability, role or authority is missing.
    Denied = -5,
    /// Authorization, cap, balance or credit limit does not cover it.
    Exhausted = -6,
    /// It exists already, it is revoked already, a parent is missing, or a sequence is stale.
    Conflict = -7,
    /// A signature or proof does not verify.
    InvalidSignature = -8,
    /// More of this in one invocation than allowed.
    Limit = -9,
}

impl HostError {
    pub(crate) const ALL: [HostError; 9] = [
        HostError::InvalidArgument,
        HostError::InvalidUtf8,
        HostError::TooLarge,
        HostError::NotFound,
        HostError::Denied,
        HostError::Exhausted,
        HostError::Conflict,
        HostError::InvalidSignature,
        HostError::Limit,
    ];

    /// The number that the ABI gives it, -1 to -9.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The name that the ABI gives it.
    pub const fn name(self) -> &'static str {
        match self {
            HostError::InvalidArgument => "INVALID_ARGUMENT",
            HostError::InvalidUtf8 => "INVALID_UTF8",
            HostError::TooLarge => "TOO_LARGE",
            HostError::NotFound => "NOT_FOUND",
            HostError::Denied => "DENIED",
            HostError::Exhausted => "EXHAUSTED",
            HostError::Conflict => "CONFLICT",
            HostError::InvalidSignature => "INVALID_SIGNATURE",
            HostError::Limit => "LIMIT",
        }
    }

    /// The failure of an entry that needed this call. `doing` says what the entry was doing, for the message.
    pub fn while_doing(self, doing: &str) -> Failure {
        Failure { code: self.code(), message: format!("{doing}: {}", self.name()) }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for HostError {}

/// Why an entry failed: a number, and a message that becomes the invocation's output.
///
/// The entry returns it, and everything that the entry did is undone. What it consumed stays charged.
///
/// Guests number their own refusals from 1 up. An error of the host that an entry passes on with `?` keeps its
/// negative code, so the two kinds of numbers never overlap.
///
/// ```
/// use icn_guest::{Failure, HostError};
/// assert_eq!(Failure::new(7, "the vote is over").to_string(), "the vote is over (7)");
/// assert_eq!(Failure::from(HostError::Denied).code(), -5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    code: i32,
    message: String,
}

impl Failure {
    /// A refusal under the guest's own number.
    ///
    /// # Panics
    ///
    /// When `code` is zero, which would mean success.
    pub fn new(code: i32, message: impl Into<String>) -> Failure {
        assert!(code != 0, "a failure needs a code other than zero");
        Failure { code, message: message.into() }
    }

    /// The number that the entry returns.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// What the caller is told.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl core::error::Error for Failure {}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Failure {
        Failure { code: error.code(), message: format!("the host refused: {}", error.name()) }
    }
}
