//! Turns the numbers that the host answers into results, and ends a call that cannot go on.
//!
//! Zero or more is success; a negative number is a [`HostError`]. A number that the ABI does not know ends the call. The
//! SDK never guesses what the host meant.

use alloc::format;

use crate::failure::HostError;
use crate::host;

impl HostError {
    /// The error of a negative answer. A number that the ABI does not know ends the call.
    #[cold]
    fn from_code(code: i64) -> HostError {
        match HostError::ALL.into_iter().find(|error| i64::from(error.code()) == code) {
            Some(error) => error,
            None => abort(&format!("the host answered {code}, which ABI 1 does not know")),
        }
    }
}

/// The result of a call that answers an `i32`.
pub(crate) fn answer(code: i32) -> Result<usize, HostError> {
    usize::try_from(code).map_err(|_| HostError::from_code(i64::from(code)))
}

/// The result of a call that answers an amount.
pub(crate) fn amount(code: i64) -> Result<i64, HostError> {
    if code < 0 { Err(HostError::from_code(code)) } else { Ok(code) }
}

/// Ends the invocation as `Aborted`, with a message. It has no effect, and the whole grant is charged.
///
/// Use it for cases that should be impossible. For everything that a caller can cause, return a
/// [`Failure`](crate::Failure).
pub fn abort(message: &str) -> ! {
    host::abort(message.as_bytes())
}
