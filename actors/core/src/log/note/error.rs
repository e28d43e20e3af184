//! Why a text is not a signed note, or not a verifier key.

/// Why a text is not a signed note, or not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is not `name+id+key` (C2SP signed-note, "Verifier keys").
    #[error("not a verifier key `name+id+key` of an Ed25519 log (type 1) or witness (type 4): {0}")]
    Key(&'static str),
    /// The text is not a text, an empty line and signature lines (C2SP signed-note, "Format").
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// The note is longer, or has more signatures, than this reader accepts.
    #[error("a note of {found} {what}: at most {max} are accepted")]
    TooMuch {
        /// What is counted: `bytes` or `signatures`.
        what: &'static str,
        /// How many the note has.
        found: usize,
        /// How many are accepted.
        max: usize,
    },
}
