//! A whole note: reading it, and asking whether a key signed it.
//!
//! A note comes from anybody. [`Note::parse`] bounds its length and its signatures before it keeps them, and
//! verifies none of them; [`Note::by`] verifies those of one key.

use super::error::NoteError;
use super::key::VerifierKey;
use super::signature::{NoteSignature, parse, verify};
use crate::limits;

/// What a note says about one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The note has no signature of the key.
    Absent,
    /// The note has an invalid signature of the key. Nothing in the note may be believed.
    Invalid,
    /// The key signed the text: a witness at this time, in seconds since the Unix epoch; a log without a time.
    Signed(Option<u64>),
}

/// A text and its signatures. The text must not be used before a trusted key is known to have signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note. It verifies no signature.
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
        let signatures = lines.split('\n').map(parse).collect::<Result<Vec<_>, _>>()?;
        let max = limits::NOTE_SIGNATURES_MAX;
        if signatures.len() > max {
            return Err(NoteError::TooMuch { what: "signatures", found: signatures.len(), max });
        }
        let found = Self { text: text.to_owned(), signatures };
        assert!(!found.signatures.is_empty(), "a note has a signature line");
        assert!(found.text.ends_with('\n'), "a note's text ends with a line break");
        debug_assert_eq!(found.spelled(), note, "a note has one spelling");
        Ok(found)
    }

    /// The note as it was read.
    fn spelled(&self) -> String {
        let lines: String = self.signatures.iter().map(NoteSignature::to_line).collect();
        format!("{}\n{lines}", self.text)
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

    /// Whether a key signed the note. Signatures of other keys are ignored. One invalid signature of the key
    /// is enough for [`Verdict::Invalid`].
    #[must_use]
    pub fn by(&self, key: &VerifierKey) -> Verdict {
        let mut verdict = Verdict::Absent;
        for line in self.signatures.iter().filter(|line| line.is_of(key)) {
            match verify(key, &self.text, &line.bytes) {
                Some(time) => verdict = Verdict::Signed(time),
                None => return Verdict::Invalid,
            }
        }
        verdict
    }
}
