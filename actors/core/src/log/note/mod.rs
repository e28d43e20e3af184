//! Signed notes: a text, an empty line, and one line for each signature (C2SP signed-note), with the
//! cosignatures of witnesses (C2SP tlog-cosignature, `cosignature/v1`).
//!
//! Anybody may write a note. Parsing one therefore verifies nothing: first [`Note::parse`], then [`Note::by`]
//! with a key that the caller trusts, and only then may the text be used.
//!
//! - `error`: why a text is not a note, or not a key
//! - `key`: the keys that verify notes, and their ids
//! - `signature`: one signature line: writing, reading, verifying it
//! - `text`: the whole note

mod error;
mod key;
mod signature;
mod text;

#[cfg(test)]
mod tests;

pub use error::NoteError;
pub use key::{KeyKind, VerifierKey};
pub use signature::{NoteSignature, sign_line};
pub use text::{Note, Verdict};

pub(super) use key::key_id;
pub(super) use signature::line as signature_line;
