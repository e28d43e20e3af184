//! The error of a file that is not a well-formed election.

/// The first thing that is wrong with a file, and its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub(crate) struct PbError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1. A byte-order mark does not count.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}
