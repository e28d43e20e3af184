//! Why a module is refused: one reason, and the collection of them.
//!
//! A reason says what was wrong, where, and what would be right. It may repeat a guest's own text, which is cut and
//! escaped before ([`shown`]).

/// The most reasons that an inspection gives. It ends at the last of them.
pub(super) const REASONS_MAX: usize = 100;
/// The most characters of a guest's own text that a reason repeats.
const SHOWN_CHARS_MAX: usize = 80;

/// The part of a module that a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The kind of part: `function`, `type`, `import`, `export`, `global`, `table`, `memory`, `data segment`, …
    pub kind: &'static str,
    /// Its index among the parts of its kind, from 0. Imported functions count, as in the module itself.
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
    /// What was wrong, and what would be right.
    pub what: String,
    /// The part that was wrong, if it is a part.
    pub item: Option<Item>,
    /// The byte of the module at which it stands, if it stands at one.
    pub offset: Option<usize>,
}

impl Rejected {
    /// A reason without a place in the module's bytes.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), item: None, offset: None }
    }

    pub(super) fn at(what: impl Into<String>, item: Option<Item>, offset: usize) -> Self {
        Self { what: what.into(), item, offset: Some(offset) }
    }

    pub(super) fn parse(error: &wasmparser::BinaryReaderError, item: Option<Item>) -> Self {
        let message = error.message();
        // The parser names the feature alone. An author has to know what to turn off, and how.
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

/// A guest's text as a reason repeats it: cut, escaped, on one line.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// The walk over a module ends here: the first reason was enough, or there are too many.
#[derive(Debug)]
pub(super) struct Stop;

/// The reasons found so far.
#[derive(Debug)]
pub(super) struct Reasons {
    found: Vec<Rejected>,
    most: usize,
}

impl Reasons {
    /// Collects all reasons up to the most that are given, or the first alone.
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
