//! Refusals: what a caller did wrong, or must wait for. Nothing was changed.
//!
//! Codes are fixed, without gaps, and in order of precedence: of those that one station can tell, the lowest is
//! given, so every machine answers the same bad request with the same code. What cannot be read is not looked
//! into: a malformed envelope hides what its payload says, and bytes that are not canonical what they would mean.
//! The gate comes before the scope: an id that was applied is noticed when everything else holds. `Busy` and
//! `Unavailable` are about the host and not about the request: they may be said before anything is looked at,
//! which is what keeps a flood cheap.

use crate::name::{BlockId, IdError};

/// A refusal's class. The number is its precedence and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RefusalCode {
    /// More bytes than allowed.
    TooLarge = 1,
    /// No signature with it.
    Unsigned = 2,
    /// Not an invocation of this version.
    Malformed = 3,
    /// Not in its canonical form.
    NotCanonical = 4,
    /// For another log.
    WrongLog = 5,
    /// For a scope that is not here.
    UnknownScope = 6,
    /// Its time is over, or too far ahead.
    Expired = 7,
    /// The signature is not the caller's.
    BadSignature = 8,
    /// For a module that the scope's policy does not install.
    UnknownModule = 9,
    /// For an entry that the policy does not open, or the module does not have.
    UnknownEntry = 10,
    /// The caller lacks the role.
    Denied = 11,
    /// Its id was applied before.
    Replayed = 12,
    /// What is left does not cover the grant.
    Exhausted = 13,
    /// The mailbox is full: come back.
    Busy = 14,
    /// The scope or the host is closed, or restarting.
    Unavailable = 15,
}

impl RefusalCode {
    /// All of them, in order of precedence.
    pub const ALL: [Self; 15] = [
        Self::TooLarge,
        Self::Unsigned,
        Self::Malformed,
        Self::NotCanonical,
        Self::WrongLog,
        Self::UnknownScope,
        Self::Expired,
        Self::BadSignature,
        Self::UnknownModule,
        Self::UnknownEntry,
        Self::Denied,
        Self::Replayed,
        Self::Exhausted,
        Self::Busy,
        Self::Unavailable,
    ];

    /// The name in metrics, logs and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Unsigned => "unsigned",
            Self::Malformed => "malformed",
            Self::NotCanonical => "not_canonical",
            Self::WrongLog => "wrong_log",
            Self::UnknownScope => "unknown_scope",
            Self::BadSignature => "bad_signature",
            Self::Expired => "expired",
            Self::Replayed => "replayed",
            Self::UnknownModule => "unknown_module",
            Self::UnknownEntry => "unknown_entry",
            Self::Denied => "denied",
            Self::Exhausted => "exhausted",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
        }
    }

    /// Its place in an array of counters.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize - 1
    }
}

const _: () = {
    let mut at = 0;
    while at < RefusalCode::ALL.len() {
        assert!(RefusalCode::ALL[at].index() == at, "codes are in order and without gaps");
        at += 1;
    }
};

/// A refusal: the code, what was wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct Refusal {
    /// The class.
    pub code: RefusalCode,
    /// For a person.
    pub message: String,
    /// When to come back, in milliseconds, where that helps.
    pub retry_after_ms: Option<u64>,
    /// For a replay: the receipt that the id got.
    pub receipt: Option<BlockId>,
}

impl Refusal {
    /// A refusal with its message.
    #[must_use]
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None, receipt: None }
    }

    /// The same, with a hint when to come back.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}

impl From<IdError> for Refusal {
    fn from(error: IdError) -> Self {
        Self::new(RefusalCode::Malformed, error.to_string())
    }
}
