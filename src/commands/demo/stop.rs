//! Why a demo ends without a report.

use crate::commands::common::exit::{FAILED, MISUSE};

/// A message and the exit code that goes with it.
pub(super) struct Stop {
    pub(super) code: u8,
    pub(super) what: String,
}

impl Stop {
    pub(super) fn misuse(what: impl ToString) -> Self {
        Self { code: MISUSE, what: what.to_string() }
    }
    pub(super) fn failed(what: impl ToString) -> Self {
        Self { code: FAILED, what: what.to_string() }
    }
}
