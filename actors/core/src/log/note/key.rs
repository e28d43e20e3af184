//! Keys that verify notes (C2SP signed-note, "Verifier keys").

use std::fmt;

use data_encoding::BASE64;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::error::NoteError;
use crate::name::Did;

/// What a note's signature means: the byte that goes into the key's id (C2SP signed-note, "Signature types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// Ed25519 over the note's text, as a log signs its checkpoints.
    Log,
    /// Ed25519 over the text and a time, as a witness cosigns them.
    Witness,
}

impl KeyKind {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }
}

/// A key that verifies notes, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerifierKey {
    pub(super) name: String,
    pub(super) kind: KeyKind,
    pub(super) key: Did,
}

pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

impl VerifierKey {
    /// A key of this name; nothing when no note can carry the name: one that is empty, or has a space or a `+`.
    #[must_use]
    pub fn new(name: &str, kind: KeyKind, key: Did) -> Option<Self> {
        is_name(name).then(|| Self { name: name.to_owned(), kind, key })
    }

    /// Parses `name+id in hex+base64 of type and key` (C2SP signed-note, "Verifier keys").
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let mut next = || parts.next().ok_or(NoteError::Key("it has not three parts"));
        let (name, id, typed) = (next()?, next()?, next()?);
        if !is_name(name) {
            return Err(NoteError::Key("its name is empty or has a space"));
        }
        let typed = BASE64.decode(typed.as_bytes()).map_err(|_| NoteError::Key("its key is not base64"))?;
        let (kind, key) = match typed.split_first() {
            Some((0x01, key)) => (KeyKind::Log, key),
            Some((0x04, key)) => (KeyKind::Witness, key),
            _ => return Err(NoteError::Key("its key is of another type")),
        };
        let key = key.try_into().map_err(|_| NoteError::Key("its key has not 32 bytes"))?;
        let found = Self { name: name.to_owned(), kind, key: Did::from_key(key) };
        if HEXLOWER.encode(&found.id()) != id {
            return Err(NoteError::Key("its id is not that of its name and key"));
        }
        Ok(found)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// What its signatures mean.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }
    /// Whose key it is.
    #[must_use]
    pub const fn key(&self) -> &Did {
        &self.key
    }

    /// The first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key).
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.key.key())
            .finalize()
            .into();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
