//! A request to cosign, as its bytes say it.

use data_encoding::BASE64;

use crate::limits::{self};
use crate::log::note::{Note, NoteError};
use crate::log::tree_head::{TreeHead, TreeHeadError};
use crate::name::{Bytes, Hash, decimal};

/// What a witness is asked: where the proof begins, the proof, the checkpoint. Nothing of it was verified.
#[derive(Debug, Clone)]
pub struct Request {
    old: u64,
    proof: Vec<Hash>,
    note: Note,
    head: TreeHead,
}

/// Why bytes are no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// More than one has.
    #[error("a request of {0} bytes, at most {max} are read", max = limits::WITNESS_REQUEST_BYTES_MAX)]
    Long(usize),
    /// Not text.
    #[error("a request is UTF-8 text")]
    Text,
    /// Not of this form.
    #[error("line {line}: {why}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// What would be right.
        why: &'static str,
    },
    /// The checkpoint is no note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Nor a checkpoint.
    #[error(transparent)]
    Head(#[from] TreeHeadError),
}

impl Request {
    /// Reads the body: `old` and a size, the hashes of a consistency proof, an empty line, the checkpoint.
    ///
    /// Format: docs/formats.md, "Cosigned checkpoints".
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > limits::WITNESS_REQUEST_BYTES_MAX {
            return Err(RequestError::Long(body.len()));
        }
        let form = |line, why| RequestError::Form { line, why };
        let text = std::str::from_utf8(body).map_err(|_| RequestError::Text)?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(form(1, "expected an empty line and a checkpoint behind the proof"))?;
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
        Ok(Self { old, proof, note, head })
    }

    /// The log that it is about.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.head.origin
    }
    /// The size that the proof begins at.
    #[must_use]
    pub const fn old(&self) -> u64 {
        self.old
    }
    /// The proof.
    #[must_use]
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }
    /// The checkpoint, as it is signed.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }
    /// What the checkpoint says.
    #[must_use]
    pub const fn head(&self) -> &TreeHead {
        &self.head
    }
}
