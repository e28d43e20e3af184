//! A request to cosign a checkpoint, read from the body of an HTTP request (C2SP tlog-witness, "add-checkpoint").
//!
//! The body comes from anybody. Its length, the number of its hashes and its note are bounded here; nothing
//! in it is verified here.

use data_encoding::BASE64;

use crate::limits;
use crate::log::note::{Note, NoteError};
use crate::log::tree_head::{TreeHead, TreeHeadError};
use crate::name::{Bytes, Hash, decimal};

/// What a witness is asked: the size at which the proof begins, the proof, and the checkpoint. Nothing in it
/// was verified.
#[derive(Debug, Clone)]
pub struct Request {
    old: u64,
    proof: Vec<Hash>,
    note: Note,
    head: TreeHead,
}

/// Why bytes are not a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body is longer than a request may be.
    #[error("a request of {0} bytes, at most {max} are read", max = limits::WITNESS_REQUEST_BYTES_MAX)]
    Long(usize),
    /// The body is not text.
    #[error("expected a request in UTF-8 text")]
    Text,
    /// The body does not have the form of a request.
    #[error("line {line}: {why}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// What would be right.
        why: &'static str,
    },
    /// The checkpoint is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text of the note is not that of a checkpoint.
    #[error(transparent)]
    Head(#[from] TreeHeadError),
}

impl Request {
    /// Reads the body: `old` and a size, the hashes of a consistency proof, an empty line, the checkpoint.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > limits::WITNESS_REQUEST_BYTES_MAX {
            return Err(RequestError::Long(body.len()));
        }
        let form = |line, why| RequestError::Form { line, why };
        let text = std::str::from_utf8(body).map_err(|_| RequestError::Text)?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(form(1, "expected an empty line and a checkpoint after the proof"))?;
        let mut lines = (1..).zip(head.split('\n'));
        let old = lines.next().and_then(|(_, line)| line.strip_prefix("old ")).and_then(decimal);
        let old = old.ok_or(form(1, "expected `old` and a size in decimal"))?;
        let mut proof = Vec::new();
        for (line, encoded) in lines {
            if proof.len() == limits::WITNESS_PROOF_HASHES_MAX {
                return Err(form(line, "expected no more than 63 hashes"));
            }
            let hash = BASE64.decode(encoded.as_bytes()).ok().and_then(|hash| hash.try_into().ok());
            proof.push(Bytes(hash.ok_or(form(line, "expected a hash of 32 bytes in base64"))?));
        }
        let note = Note::parse(note)?;
        let head = TreeHead::parse(note.text())?;
        assert!(note.text().starts_with(&head.origin), "the checkpoint is what the note says");
        assert!(
            proof.len() <= limits::WITNESS_PROOF_HASHES_MAX,
            "a request has no longer proof than is read"
        );
        Ok(Self { old, proof, note, head })
    }

    /// The origin of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.head.origin
    }
    /// The size at which the proof begins.
    #[must_use]
    pub const fn old(&self) -> u64 {
        self.old
    }
    /// The hashes of the consistency proof.
    #[must_use]
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }
    /// The signed checkpoint.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }
    /// The origin, the size and the root that the checkpoint states.
    #[must_use]
    pub const fn head(&self) -> &TreeHead {
        &self.head
    }
}
