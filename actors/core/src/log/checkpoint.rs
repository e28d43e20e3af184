//! Checkpoints of our own logs: a signed size and root, as a text that other tools read (C2SP tlog-checkpoint,
//! signed-note; docs/formats.md, "Checkpoints").
//!
//! A checkpoint has three lines and no more, each with one spelling. [`Checkpoint::sign`] writes one;
//! [`Checkpoint::open`] reads one and verifies the log's signature. [`Checkpoint::from_body`] verifies nothing.

use data_encoding::BASE64;

use super::note::{KeyKind, VerifierKey, key_id, signature_line};
use crate::encode::{SecretKey, verify_raw};
use crate::name::{Bytes, Did, Hash, Origin};

/// A size of the log and the root that it had then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: Origin,
    /// The number of its leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a text is not a checkpoint of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("checkpoint: {0}")]
pub struct CheckpointError(String);

/// The id of a log's key in signature lines (C2SP signed-note, "Signatures").
fn id_of(origin: &Origin, key: &Did) -> [u8; 4] {
    key_id(origin.as_str(), KeyKind::Log, key)
}

/// The verifier key of a log, as `<name>+<id in hex>+<base64 of type and key>` (C2SP signed-note, "Verifier keys").
#[must_use]
pub fn verifier_key(origin: &Origin, key: &Did) -> String {
    let verifier = VerifierKey::new(origin.as_str(), KeyKind::Log, *key);
    assert!(verifier.is_some(), "a note can carry the name of every log: {origin}");
    verifier.map_or_else(String::new, |verifier| verifier.to_string())
}

impl Checkpoint {
    /// The text of the note, which is what is signed.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root.0))
    }

    /// The signed note.
    #[must_use]
    pub fn sign(&self, key: &SecretKey) -> String {
        let body = self.body();
        debug_assert_eq!(Self::from_body(&body).as_ref(), Ok(self), "a checkpoint is read as it is written");
        let signature = key.sign_raw(body.as_bytes());
        let note = format!(
            "{body}\n{}",
            signature_line(self.origin.as_str(), id_of(&self.origin, &key.did()), &signature)
        );
        debug_assert_eq!(
            Self::open(&note, &self.origin, &key.did()).as_ref(),
            Ok(self),
            "what is signed verifies"
        );
        note
    }

    /// Reads the text of a note, which has one spelling. It verifies no signature.
    pub fn from_body(body: &str) -> Result<Self, CheckpointError> {
        let fail = |why: &str| CheckpointError(why.to_owned());
        let mut lines = body.split('\n');
        let origin =
            Origin::parse(lines.next().unwrap_or_default()).map_err(|e| CheckpointError(e.to_string()))?;
        let size_text = lines.next().ok_or_else(|| fail("no size on line 2"))?;
        let size: u64 = size_text.parse().map_err(|_| fail("line 2 is not a size in decimal"))?;
        let root_text = lines.next().ok_or_else(|| fail("no root on line 3"))?;
        let root = BASE64.decode(root_text.as_bytes()).map_err(|_| fail("line 3 is not a root in base64"))?;
        let root = Bytes(root.try_into().map_err(|_| fail("the root on line 3 does not have 32 bytes"))?);
        let checkpoint = Self { origin, size, root };
        if checkpoint.body() != body {
            return Err(fail(
                "its text is not spelled as expected: origin, size and root, each on a line, and nothing else",
            ));
        }
        Ok(checkpoint)
    }

    /// Reads a signed note and verifies the log's signature. Other signatures are ignored.
    pub fn open(note: &str, origin: &Origin, key: &Did) -> Result<Self, CheckpointError> {
        let fail = |why: &str| CheckpointError(why.to_owned());
        let (body, signatures) =
            note.split_once("\n\n").ok_or_else(|| fail("expected a text, an empty line, signatures"))?;
        let signatures =
            signatures.strip_suffix('\n').ok_or_else(|| fail("its last line has no line break"))?;
        let checkpoint = Self::from_body(&format!("{body}\n"))?;
        if checkpoint.origin != *origin {
            return Err(CheckpointError(format!("of the log {}, expected {origin}", checkpoint.origin)));
        }
        let prefix = format!("\u{2014} {origin} ");
        let signed = signatures.split('\n').filter_map(|line| line.strip_prefix(&prefix)).any(|encoded| {
            BASE64.decode(encoded.as_bytes()).is_ok_and(|bytes| {
                bytes
                    .strip_prefix(&id_of(origin, key))
                    .and_then(|s| <&[u8; 64]>::try_from(s).ok())
                    .is_some_and(|signature| verify_raw(key, checkpoint.body().as_bytes(), signature))
            })
        });
        if signed { Ok(checkpoint) } else { Err(CheckpointError(format!("no valid signature of {key}"))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_opens_and_no_changed_one_does() {
        let origin = Origin::parse("icn.example/log").unwrap();
        let key = SecretKey::from_bytes(&[1; 32]);
        let checkpoint = Checkpoint { origin: origin.clone(), size: 7, root: Hash::digest(b"x") };
        let note = checkpoint.sign(&key);
        assert_eq!(Checkpoint::open(&note, &origin, &key.did()).unwrap(), checkpoint);
        assert!(Checkpoint::open(&note, &origin, &Did::from_key([2; 32])).is_err());
        for at in 0..note.len() {
            assert!(
                Checkpoint::open(note.get(..at).unwrap_or_default(), &origin, &key.did()).is_err(),
                "cut to {at}"
            );
            let mut changed = note.clone().into_bytes();
            changed[at] ^= 1;
            if let Ok(text) = String::from_utf8(changed) {
                assert!(Checkpoint::open(&text, &origin, &key.did()).is_err(), "offset {at}: {text}");
            }
        }
    }

    #[test]
    fn a_verifier_key_has_three_parts() {
        let origin = Origin::parse("icn.example/log").unwrap();
        let text = verifier_key(&origin, &Did::from_key([5; 32]));
        let parts: Vec<_> = text.splitn(3, '+').collect();
        assert_eq!((parts[0], parts[1].len()), ("icn.example/log", 8));
        assert_eq!(BASE64.decode(parts[2].as_bytes()).unwrap()[0], 1);
    }
}
