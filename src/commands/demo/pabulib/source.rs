//! The text of a file, and the line and column of a place in it.

use super::error::PbError;

/// The text of a file, without its byte-order mark.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    /// The line of a byte offset, from 1.
    pub(super) fn line(self, at: usize) -> usize {
        self.before(at).matches('\n').count() + 1
    }

    /// An error at a byte offset.
    pub(super) fn error(self, at: usize, message: String) -> PbError {
        let before = self.before(at);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        PbError { line: self.line(at), column, message }
    }

    fn before(self, at: usize) -> &'a str {
        self.text.get(..at).unwrap_or(self.text)
    }
}
