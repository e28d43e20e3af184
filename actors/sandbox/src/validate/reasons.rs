//! Why a module is refused: one reason, and the collection of all of them.

/// Reasons that an inspection gives, at most; a module with more is cut off there.
pub(super) const REASONS_MAX: usize = 100;
/// Characters of a guest's own text that a reason repeats, at most.
const SHOWN_CHARS_MAX: usize = 80;

/// Which thing of a module a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// What it is: `function`, `type`, `import`, `export`, `global`, `table`, `memory`, `data segment`, …
    pub kind: &'static str,
    /// Its index among its kind, from 0; functions count from the first import, as in the module itself.
    pub index: u32,
}

impl Item {
    pub(super) fn new(kind: &'static str, index: usize) -> Option<Self> {
        Some(Self { kind, index: u32::try_from(index).unwrap_or(u32::MAX) })
    }
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.index)
    }
}

/// Why a module is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}", place(*.item, *.offset))]
pub struct Rejected {
    /// What was wrong and what would be right.
    pub what: String,
    /// The thing that was wrong, where there is one.
    pub item: Option<Item>,
    /// The byte of the module, where there is one.
    pub offset: Option<usize>,
}

impl Rejected {
    /// A reason that has no place in the bytes.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), item: None, offset: None }
    }

    pub(super) fn at(what: impl Into<String>, item: Option<Item>, offset: usize) -> Self {
        Self { what: what.into(), item, offset: Some(offset) }
    }

    pub(super) fn parse(error: &wasmparser::BinaryReaderError, item: Option<Item>) -> Self {
        let message = error.message();
        // The parser names a feature and leaves it there; an author has to know what to turn off, and where.
        let advice = if message.ends_with("support is not enabled") {
            ": guests have the features that docs/host-abi.md lists and no other; build without it (with rustc, \
             -Ctarget-feature=-NAME)"
        } else {
            ""
        };
        Self::at(format!("{message}{advice}"), item, error.offset())
    }
}

fn place(item: Option<Item>, offset: Option<usize>) -> String {
    match (item, offset) {
        (None, None) => String::new(),
        (None, Some(offset)) => format!(" (at byte {offset})"),
        (Some(item), None) => format!(" ({item})"),
        (Some(item), Some(offset)) => format!(" ({item}, at byte {offset})"),
    }
}

/// A guest's text as a reason repeats it: cut, and on one line.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// The walk over a module is over: its first reason was asked for, or it has too many.
#[derive(Debug)]
pub(super) struct Stop;

/// Reasons found so far.
#[derive(Debug)]
pub(super) struct Reasons {
    found: Vec<Rejected>,
    most: usize,
}

impl Reasons {
    /// Stops at the first reason, or goes on to find all.
    pub(super) const fn new(all: bool) -> Self {
        Self { found: Vec::new(), most: if all { REASONS_MAX } else { 1 } }
    }

    pub(super) fn add(&mut self, rejected: Rejected) -> Result<(), Stop> {
        self.found.push(rejected);
        if self.found.len() >= self.most { Err(Stop) } else { Ok(()) }
    }

    pub(super) fn into_found(self) -> Vec<Rejected> {
        self.found
    }
}
