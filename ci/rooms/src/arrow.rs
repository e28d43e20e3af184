//! What is found about the files of one crate: which file names which.

use std::fmt;

/// File `from` names `path`, which belongs to file `to`.
///
/// Files are relative to the crate's source folder. Arrows sort by file, then by line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The file that names the path.
    pub from: String,
    /// Where in `from` the path stands first, from 1 on.
    pub line: usize,
    /// The file that the path belongs to. Never `from`.
    pub to: String,
    /// The path as it is written, without what a `use` before it stands for.
    pub path: String,
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} names `{}`, of {}", self.from, self.line, self.path, self.to)
    }
}
