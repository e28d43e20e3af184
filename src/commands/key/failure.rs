//! Why a subcommand of `icn key` did nothing. The kind decides the exit code.

use std::fmt::Display;
use std::path::Path;

/// An error's message.
pub(super) enum Failure {
    /// The arguments, or a file that they name, are wrong.
    Misuse(String),
    /// The system could not do it.
    Failed(String),
}

impl Failure {
    pub(super) fn misuse(error: impl Display) -> Self {
        Self::Misuse(error.to_string())
    }

    pub(super) fn failed(error: impl Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// A file that the user named is wrong.
    pub(super) fn of_file(path: &Path, error: impl Display) -> Self {
        Self::Misuse(format!("{}: {error}", path.display()))
    }
}
