//! A text and its signatures.

use super::error::NoteError;
use super::key::VerifierKey;
use super::signature::{NoteSignature, signature_line, verify};
use crate::limits;

/// What a note says of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The key did not sign it.
    Absent,
    /// A signature of the key is there and does not hold: nothing of the note is to be believed.
    Wrong,
    /// It signed the text; a witness at this time, in seconds since the Unix epoch, a log without a time.
    Signed(Option<u64>),
}

/// A text and its signatures. The text is to be ignored until a key that is trusted has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note; no signature is verified.
    ///
    /// Format: docs/formats.md, "Proofs, tiles, cosignatures, CAR".
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let max = limits::NOTE_BYTES_MAX;
        if note.len() > max {
            return Err(NoteError::TooMuch { what: "bytes", found: note.len(), max });
        }
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Form("it has a control character"));
        }
        let Some(break_at) = note.rfind("\n\n") else {
            return Err(NoteError::Form("expected a text, an empty line, signature lines"));
        };
        let (text, lines) = (&note[..=break_at], &note[break_at + 2..]);
        let lines = lines
            .strip_suffix('\n')
            .ok_or(NoteError::Form("its last line does not end with a line break"))?;
        let signatures = lines.split('\n').map(signature_line).collect::<Result<Vec<_>, _>>()?;
        let max = limits::NOTE_SIGNATURES_MAX;
        if signatures.len() > max {
            return Err(NoteError::TooMuch { what: "signatures", found: signatures.len(), max });
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, which ends with a line break.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The signatures, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Whether a key signed it. Signatures of other keys are left alone.
    #[must_use]
    pub fn by(&self, key: &VerifierKey) -> Verdict {
        let mut verdict = Verdict::Absent;
        for line in self.signatures.iter().filter(|line| line.is_of(key)) {
            match verify(key, &self.text, &line.bytes) {
                Some(time) => verdict = Verdict::Signed(time),
                None => return Verdict::Wrong,
            }
        }
        verdict
    }
}
