//! What can go wrong: what the host answers, and what an entry answers its caller.

use alloc::format;
use alloc::string::String;
use core::fmt;

/// A soft error: the host refused one call, the call has no effect, and the guest goes on.
///
/// The discriminant is the ABI's code.
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
    /// It exists already, is revoked already, a parent is missing, a sequence is stale.
    Conflict = -7,
    /// A signature or proof does not verify.
    InvalidSignature = -8,
    /// More of this in one invocation than allowed.
    Limit = -9,
}

impl HostError {
    const ALL: [HostError; 9] = [
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

    /// The failure of an entry that could not do without this call: `doing` says what it was about to do.
    pub fn while_doing(self, doing: &str) -> Failure {
        Failure { code: self.code(), message: format!("{doing}: {}", self.name()) }
    }

    /// The error of a negative answer. A number that the ABI does not know ends the call: going on would
    /// mean guessing what the host meant.
    #[cold]
    fn from_code(code: i64) -> HostError {
        match HostError::ALL.into_iter().find(|error| i64::from(error.code()) == code) {
            Some(error) => error,
            None => crate::abort(&format!("the host answered {code}, which ABI 1 does not know")),
        }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for HostError {}

/// A host's answer: zero or more is success, anything else a soft error.
pub(crate) fn answer(code: i32) -> Result<usize, HostError> {
    usize::try_from(code).map_err(|_| HostError::from_code(i64::from(code)))
}

/// The same, of a call that answers an amount.
pub(crate) fn amount(code: i64) -> Result<i64, HostError> {
    if code < 0 { Err(HostError::from_code(code)) } else { Ok(code) }
}

/// How an entry fails by its own word: a number, and a message that becomes the invocation's output.
///
/// Guests number their own refusals from 1 up. A host's error that an entry passes on with `?` keeps its
/// negative code, so the two never meet.
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
