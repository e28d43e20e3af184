//! The keys that verify notes: a name, a kind, an Ed25519 key, and the id that signature lines state.
//!
//! A [`VerifierKey`] always has a name that a note can carry: the name is checked here, before the key is made.
//! Nothing here verifies a signature.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use super::error::NoteError;
use crate::name::Did;

/// What a note's signature means: the byte that goes into the key's id (C2SP signed-note, "Signature types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// Ed25519 over the note's text. A log signs its checkpoints so.
    Log,
    /// Ed25519 over the text and a time. A witness cosigns checkpoints so.
    Witness,
}

impl KeyKind {
    /// The byte of the kind.
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }

    /// The kind that has this byte, if one of the two has it.
    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::Log),
            0x04 => Some(Self::Witness),
            _ => None,
        }
    }
}

const _: () = {
    assert!(
        matches!(KeyKind::from_byte(KeyKind::Log.byte()), Some(KeyKind::Log)),
        "a kind's byte reads back"
    );
    assert!(
        matches!(KeyKind::from_byte(KeyKind::Witness.byte()), Some(KeyKind::Witness)),
        "a kind's byte reads back"
    );
};

/// A key that verifies notes, with the name under which it signs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: Did,
}

/// Whether a note can carry a signer's name: it is not empty, and has no white space, control character or `+`.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// The id of a key: the first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key) (C2SP signed-note, "Signatures").
pub(in super::super) fn key_id(name: &str, kind: KeyKind, key: &Did) -> [u8; 4] {
    debug_assert!(is_name(name), "an id is computed only for a name that a note can carry");
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind.byte()])
        .chain_update(key.key())
        .finalize()
        .into();
    [digest[0], digest[1], digest[2], digest[3]]
}

impl VerifierKey {
    /// A key with this name, or `None` if a note cannot carry the name: an empty one, or one with white
    /// space, a control character or a `+`.
    #[must_use]
    pub fn new(name: &str, kind: KeyKind, key: Did) -> Option<Self> {
        is_name(name).then(|| Self { name: name.to_owned(), kind, key })
    }

    /// Parses `name+id in hex+base64 of type and key` (C2SP signed-note, "Verifier keys").
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let mut next = || parts.next().ok_or(NoteError::Key("it does not have three parts"));
        let (name, id, typed) = (next()?, next()?, next()?);
        if !is_name(name) {
            return Err(NoteError::Key("its name is empty, or has a space or a control character"));
        }
        let typed = BASE64.decode(typed.as_bytes()).map_err(|_| NoteError::Key("its key is not base64"))?;
        let (kind, key) = match typed.split_first() {
            Some((byte, key)) => (KeyKind::from_byte(*byte), key),
            None => (None, &[][..]),
        };
        let kind = kind.ok_or(NoteError::Key("its key is of another type"))?;
        let key = key.try_into().map_err(|_| NoteError::Key("its key does not have 32 bytes"))?;
        let found = Self { name: name.to_owned(), kind, key: Did::from_key(key) };
        if HEXLOWER.encode(&found.id()) != id {
            return Err(NoteError::Key("its id is not the one that its name and key give"));
        }
        debug_assert_eq!(found.to_string(), text, "a key has one text");
        Ok(found)
    }

    /// The signer's name. A log's name is its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// What the key's signatures mean.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }
    /// The public key itself.
    #[must_use]
    pub const fn key(&self) -> &Did {
        &self.key
    }

    /// The key's id, which its signature lines state.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.kind, &self.key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(is_name(&self.name), "a key is made only with a name that a note can carry");
        let typed = [&[self.kind.byte()][..], self.key.key()].concat();
        write!(f, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id()), BASE64.encode(&typed))
    }
}
impl serde::Serialize for VerifierKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for VerifierKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
