//! Signed notes with any number of signatures (C2SP signed-note), the keys that verify them, and the cosignatures
//! of witnesses (C2SP tlog-cosignature, `cosignature/v1`).

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use crate::encode::{SecretKey, verify_raw};
use crate::limits;
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
    const fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }
}

/// A key that verifies notes, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: Did,
}

/// Why a text is not a note, or not a key of notes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not `name+id+key`.
    #[error("not a verifier key `name+id+key` of an Ed25519 log (type 1) or witness (type 4): {0}")]
    Key(&'static str),
    /// Not a text, an empty line, and signatures.
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// More than a note may have.
    #[error("a note of {found} {what}, at most {max} are read")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
}

fn is_name(name: &str) -> bool {
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

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The signer's name.
    pub name: String,
    /// The signer's key's id.
    pub key_id: [u8; 4],
    /// What follows the id.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// The line, with its line break.
    #[must_use]
    pub fn to_line(&self) -> String {
        let bytes = [&self.key_id[..], &self.bytes].concat();
        format!("\u{2014} {} {}\n", self.name, BASE64.encode(&bytes))
    }

    /// Whether it says that it is one of this key; whether it holds is asked elsewhere.
    #[must_use]
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.key_id == key.id()
    }
}

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

fn signature_line(line: &str) -> Result<NoteSignature, NoteError> {
    let rest = line.strip_prefix("\u{2014} ").ok_or(NoteError::Form("a signature line begins otherwise"))?;
    let (name, encoded) = rest.split_once(' ').ok_or(NoteError::Form("a signature line without a name"))?;
    if !is_name(name) {
        return Err(NoteError::Form("a signer's name is empty or has a space or a plus"));
    }
    let bytes =
        BASE64.decode(encoded.as_bytes()).map_err(|_| NoteError::Form("a signature is not base64"))?;
    let (key_id, bytes) =
        bytes.split_first_chunk::<4>().ok_or(NoteError::Form("a signature is shorter than its key's id"))?;
    Ok(NoteSignature { name: name.to_owned(), key_id: *key_id, bytes: bytes.to_vec() })
}

/// The time that was signed along, or nothing when the signature does not hold.
fn verify(key: &VerifierKey, text: &str, bytes: &[u8]) -> Option<Option<u64>> {
    match key.kind {
        KeyKind::Log => {
            let signature = <&[u8; 64]>::try_from(bytes).ok()?;
            verify_raw(&key.key, text.as_bytes(), signature).then_some(None)
        }
        KeyKind::Witness => {
            let (time, signature) = bytes.split_first_chunk::<8>()?;
            let signature = <&[u8; 64]>::try_from(signature).ok()?;
            let time = u64::from_be_bytes(*time);
            // A time beyond 2^63 - 1 is none (C2SP tlog-cosignature, "Format").
            i64::try_from(time).ok()?;
            let message = cosigned(text, time);
            verify_raw(&key.key, message.as_bytes(), signature).then_some(Some(time))
        }
    }
}

/// What a witness signs (C2SP tlog-cosignature, "Ed25519 signed message").
fn cosigned(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}

/// A signature line, with its line break: of a log on a text, or of a witness that saw it at this time, in seconds
/// since the Unix epoch. `key` is the public half of `secret`.
#[must_use]
pub fn sign_line(key: &VerifierKey, secret: &SecretKey, text: &str, time_s: u64) -> String {
    let mut bytes = key.id().to_vec();
    match key.kind {
        KeyKind::Log => bytes.extend_from_slice(&secret.sign_raw(text.as_bytes())),
        KeyKind::Witness => {
            bytes.extend_from_slice(&time_s.to_be_bytes());
            bytes.extend_from_slice(&secret.sign_raw(cosigned(text, time_s).as_bytes()));
        }
    }
    format!("\u{2014} {} {}\n", key.name, BASE64.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of cosignatures, whose keys are not given: its form is what is read here.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    fn keys() -> (SecretKey, VerifierKey, SecretKey, VerifierKey) {
        let (log, witness) = (SecretKey::from_bytes(&[1; 32]), SecretKey::from_bytes(&[2; 32]));
        let of = |name: &str, kind, secret: &SecretKey| VerifierKey::new(name, kind, secret.did()).unwrap();
        let log_key = of("example.org/log", KeyKind::Log, &log);
        let witness_key = of("witness.example/w", KeyKind::Witness, &witness);
        (log, log_key, witness, witness_key)
    }

    #[test]
    fn the_specifications_example_is_read_with_its_time() {
        let note = Note::parse(EXAMPLE).unwrap();
        assert!(note.text().ends_with("q2I=\n") && note.text().lines().count() == 3);
        let [log, witness] = note.signatures() else { panic!("two signatures") };
        assert_eq!((log.name.as_str(), log.bytes.len()), ("example.com/behind-the-sofa", 64));
        assert_eq!((witness.name.as_str(), witness.bytes.len()), ("witness.example.com/w1", 72));
        assert_eq!(u64::from_be_bytes(witness.bytes[..8].try_into().unwrap()), 1_679_315_147);
    }

    #[test]
    fn several_signatures_hold_each_for_its_key() {
        let (log, log_key, witness, witness_key) = keys();
        let text = "a\n\nb\n";
        let lines = sign_line(&log_key, &log, text, 0) + &sign_line(&witness_key, &witness, text, 7);
        let note = Note::parse(&format!("{text}\n{lines}")).unwrap();
        assert_eq!(note.text(), text, "the last empty line divides");
        assert_eq!(note.by(&log_key), Verdict::Signed(None));
        assert_eq!(note.by(&witness_key), Verdict::Signed(Some(7)));
        let other = VerifierKey::new("example.org/log", KeyKind::Log, witness.did()).unwrap();
        assert_eq!(note.by(&other), Verdict::Absent, "the same name, another key");
        // A cosignature is no signature of the log, and the other way round.
        let swapped = VerifierKey::new("witness.example/w", KeyKind::Log, witness.did()).unwrap();
        assert_eq!(note.by(&swapped), Verdict::Absent);
    }

    #[test]
    fn a_changed_note_holds_for_nobody() {
        let (log, log_key, witness, witness_key) = keys();
        let text = "example.org/log\n1\nx\n";
        let lines = sign_line(&log_key, &log, text, 0) + &sign_line(&witness_key, &witness, text, 7);
        let whole = format!("{text}\n{lines}");
        for at in 0..whole.len() {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let Ok(note) = Note::parse(&changed) else { continue };
            let both = [note.by(&log_key), note.by(&witness_key)];
            assert_ne!(both, [Verdict::Signed(None), Verdict::Signed(Some(7))], "offset {at}: {changed}");
            if at < text.len() {
                assert_eq!(both, [Verdict::Wrong, Verdict::Wrong], "offset {at}");
            }
        }
    }

    #[test]
    fn a_verifier_key_is_read_as_it_is_written_and_no_changed_one_is() {
        let (_, log_key, _, witness_key) = keys();
        for key in [log_key, witness_key] {
            let text = key.to_string();
            assert_eq!(VerifierKey::parse(&text), Ok(key));
            for at in 0..text.len() {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                assert!(VerifierKey::parse(&String::from_utf8(bytes).unwrap()).is_err(), "offset {at}");
            }
        }
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for note in [
            "",
            "text\n",
            "text\n\n",
            "text\n\n\u{2014} name\n",
            "text\n\n\u{2014} name AAAA\n",
            "text\n\n\u{2014} na+me AAAAAAA=\n",
            "text\n\n- name AAAAAAA=\n",
            "text\n\n\u{2014} name AAAAAAA=",
            "te\tt\n\n\u{2014} name AAAAAAA=\n",
        ] {
            assert!(Note::parse(note).is_err(), "{note:?}");
        }
        let lines = "\u{2014} name AAAAAAA=\n";
        assert!(Note::parse(&format!("text\n\n{}", lines.repeat(limits::NOTE_SIGNATURES_MAX))).is_ok());
        assert!(Note::parse(&format!("text\n\n{}", lines.repeat(limits::NOTE_SIGNATURES_MAX + 1))).is_err());
    }
}
