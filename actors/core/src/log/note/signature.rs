//! One signature line of a note: writing it, reading it, verifying it.
//!
//! A line is `— name base64(key id ‖ signature)` (C2SP signed-note, "Format"). A witness's signature has 8
//! bytes of time before the 64 bytes of Ed25519 (C2SP tlog-cosignature, "Format"). A line that was read says
//! only who is said to have signed: [`verify`] says whether that is so.

use data_encoding::BASE64;

use super::error::NoteError;
use super::key::{KeyKind, VerifierKey, is_name};
use crate::encode::{SecretKey, verify_raw};

/// A time after this is invalid, in seconds since the Unix epoch: 2^63 - 1 (C2SP tlog-cosignature, "Format").
const TIME_S_MAX: u64 = i64::MAX as u64;

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The signer's name.
    pub name: String,
    /// The id of the signer's key.
    pub key_id: [u8; 4],
    /// What follows the id: 64 bytes of a log, 72 of a witness, anything of another signer.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// The line, with its line break.
    #[must_use]
    pub fn to_line(&self) -> String {
        line(&self.name, self.key_id, &self.bytes)
    }

    /// Whether the line says that this key signed. It does not verify the signature.
    #[must_use]
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.key_id == key.id()
    }
}

/// A signature line, with its line break.
pub(in super::super) fn line(name: &str, key_id: [u8; 4], signature: &[u8]) -> String {
    let bytes = [&key_id[..], signature].concat();
    let line = format!("\u{2014} {name} {}\n", BASE64.encode(&bytes));
    debug_assert_eq!(line.matches('\n').count(), 1, "a signature line is one line");
    line
}

/// Reads a line without its line break.
pub(super) fn parse(line: &str) -> Result<NoteSignature, NoteError> {
    let rest = line
        .strip_prefix("\u{2014} ")
        .ok_or(NoteError::Form("a signature line does not begin with `\u{2014} `"))?;
    let (name, encoded) = rest.split_once(' ').ok_or(NoteError::Form("a signature line has no name"))?;
    if !is_name(name) {
        return Err(NoteError::Form("a signer's name is empty, or has a space or a plus"));
    }
    let bytes =
        BASE64.decode(encoded.as_bytes()).map_err(|_| NoteError::Form("a signature is not base64"))?;
    let (key_id, bytes) =
        bytes.split_first_chunk::<4>().ok_or(NoteError::Form("a signature is shorter than its key's id"))?;
    let signature = NoteSignature { name: name.to_owned(), key_id: *key_id, bytes: bytes.to_vec() };
    debug_assert_eq!(signature.to_line().trim_end_matches('\n'), line, "a signature line has one spelling");
    Ok(signature)
}

/// Verifies a signature over a text. `None` if it is invalid; otherwise the signed time of a witness, in
/// seconds since the Unix epoch, and no time of a log.
pub(super) fn verify(key: &VerifierKey, text: &str, bytes: &[u8]) -> Option<Option<u64>> {
    match key.kind() {
        KeyKind::Log => {
            let signature = <&[u8; 64]>::try_from(bytes).ok()?;
            verify_raw(key.key(), text.as_bytes(), signature).then_some(None)
        }
        KeyKind::Witness => {
            let (time, signature) = bytes.split_first_chunk::<8>()?;
            let signature = <&[u8; 64]>::try_from(signature).ok()?;
            let time = u64::from_be_bytes(*time);
            if time > TIME_S_MAX {
                return None;
            }
            let message = cosigned(text, time);
            verify_raw(key.key(), message.as_bytes(), signature).then_some(Some(time))
        }
    }
}

/// What a witness signs (C2SP tlog-cosignature, "Ed25519 signed message").
fn cosigned(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}

/// Signs a text and gives the signature line, with its line break. `secret` is the secret half of `key`. A
/// witness also signs the time at which it saw the text, in seconds since the Unix epoch; a log does not, and
/// its time is ignored.
#[must_use]
pub fn sign_line(key: &VerifierKey, secret: &SecretKey, text: &str, time_s: u64) -> String {
    debug_assert_eq!(*key.key(), secret.did(), "a line is signed by the key that it names");
    let bytes = match key.kind() {
        KeyKind::Log => secret.sign_raw(text.as_bytes()).to_vec(),
        KeyKind::Witness => {
            debug_assert!(time_s <= TIME_S_MAX, "a witness signs a time that its readers accept");
            [&time_s.to_be_bytes()[..], &secret.sign_raw(cosigned(text, time_s).as_bytes())].concat()
        }
    };
    debug_assert!(verify(key, text, &bytes).is_some(), "what is signed verifies");
    line(key.name(), key.id(), &bytes)
}
