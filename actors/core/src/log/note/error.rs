//! Why a text is not a note, or not a key of notes.

/// Why a text is not a note, or not a key of notes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not `name+id+key`.
    #[error("not a verifier key `name+id+key` of an Ed25519 log (type 1) or witness (type 4): {0}")]
    Key(&'static str),
    /// Not a text, an empty line, and signatures.
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// More than a note may have.
    #[error("a note of {found} {what}, at most {max} are read")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
}
