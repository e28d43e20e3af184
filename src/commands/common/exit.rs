//! The exit codes of `icn`, and the message that goes with each failure.
//!
//! Every command ends with one of these codes. `icn repair` has one more of its own.

use std::fmt::Display;
use std::process::ExitCode;

use super::output::tell;

/// The command did what it was asked, and everything it checked holds.
pub(crate) const OK: ExitCode = ExitCode::SUCCESS;
/// A check failed, or something could not be done.
pub(crate) const FAILED: u8 = 1;
/// The arguments are wrong, or a file that they name is missing or cannot be used.
pub(crate) const MISUSE: u8 = 2;

/// Prints the error on standard error and returns the exit code for wrong arguments.
pub(crate) fn misuse(command: &str, error: &dyn Display) -> ExitCode {
    tell(command, error);
    ExitCode::from(MISUSE)
}

/// Prints the error on standard error and returns the exit code for a failure.
pub(crate) fn failed(command: &str, error: &dyn Display) -> ExitCode {
    tell(command, error);
    ExitCode::from(FAILED)
}

/// [`misuse`] when the arguments caused the error, else [`failed`].
pub(crate) fn stopped(command: &str, error: &dyn Display, is_misuse: bool) -> ExitCode {
    if is_misuse { misuse(command, error) } else { failed(command, error) }
}

/// [`OK`] when `done`, else the code for a failure. For a failure that was reported already.
pub(crate) fn ok_if(done: bool) -> ExitCode {
    if done { OK } else { ExitCode::from(FAILED) }
}
