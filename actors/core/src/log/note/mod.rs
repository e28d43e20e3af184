//! Signed notes with any number of signatures (C2SP signed-note), the keys that verify them, and the cosignatures
//! of witnesses (C2SP tlog-cosignature, `cosignature/v1`).

mod error;
mod key;
mod signature;
mod signed;
#[cfg(test)]
mod tests;

pub use error::NoteError;
pub use key::{KeyKind, VerifierKey};
pub use signature::NoteSignature;
pub(super) use signature::sign_line;
pub use signed::{Note, Verdict};
