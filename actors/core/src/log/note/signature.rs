//! A note's signature lines: of logs, and of witnesses with their time.

use data_encoding::BASE64;

use super::error::NoteError;
use super::key::{KeyKind, VerifierKey, is_name};
use crate::encode::{SecretKey, verify_raw};

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

pub(super) fn signature_line(line: &str) -> Result<NoteSignature, NoteError> {
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
pub(super) fn verify(key: &VerifierKey, text: &str, bytes: &[u8]) -> Option<Option<u64>> {
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
pub(in crate::log) fn sign_line(key: &VerifierKey, secret: &SecretKey, text: &str, time_s: u64) -> String {
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
