//! The envelope of delegations and revocations (UCAN specification, "Envelope"; Varsig 1.0). Only Ed25519 and
//! dag-cbor are accepted.

use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::encode::cbor::{self, CborError};
use crate::encode::{self, Block, SecretKey, verify_raw};
use crate::limits;
use crate::name::{Codec, Did};

/// The varsig header of an Ed25519 signature over dag-cbor: prefix `34`, version `01`, EdDSA `ed 01` on edwards25519
/// `ed 01` with SHA2-512 `13`, payload dag-cbor `71` (Varsig 1.0, "Format" and its appendix on EdDSA).
pub const VARSIG: [u8; 8] = [0x34, 0x01, 0xed, 0x01, 0xed, 0x01, 0x13, 0x71];

/// The largest number that a time may be, either side of the epoch: 2^53 - 1 (UCAN specification, "Time Bounds").
pub const TIME_S_MAX: i64 = (1 << 53) - 1;

/// The start of every token: an array of two, and a byte string of the 64 bytes of a signature.
const START: [u8; 3] = [0x82, 0x58, 0x40];
/// The offset at which the signature ends and the signed bytes begin.
const SIGNED_AT: usize = START.len() + 64;

/// Why bytes are not a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UcanError {
    /// More bytes than a token may have.
    #[error("{0} bytes where a UCAN has at most {max}", max = limits::UCAN_BYTES_MAX)]
    TooLarge(usize),
    /// Not strict dag-cbor.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// Not an array of a signature and a signed map.
    #[error("not a UCAN: expected an array of a signature of 64 bytes and what it signs")]
    Envelope,
    /// The payload is of another kind.
    #[error("not a UCAN of this kind: {0}")]
    Payload(String),
    /// Signed by another algorithm, or over another encoding.
    #[error("its varsig header is `{0}`, expected `3401ed01ed011371`: Ed25519 over dag-cbor")]
    Varsig(String),
    /// A time that not every reader reads as the same number.
    #[error("its `{0}` is not within 2^53 - 1 seconds of the Unix epoch")]
    Time(&'static str),
    /// A command that is not well formed.
    #[error("its command `{0}` is not well formed: expected lower-case segments, each after a `/`")]
    Command(String),
    /// The issuer did not sign it.
    #[error("its signature is not one of {0}")]
    Signature(Did),
}

/// Properties that every token's payload has.
pub(super) trait Body: DeserializeOwned {
    /// The tags of this kind of payload. The first one is written; all of them are read.
    const TAGS: &'static [&'static str];
    /// The identity that signed it.
    fn issuer(&self) -> Did;
}

/// The signed map: the header, and the payload under its tag.
pub(super) struct Signed<B> {
    header: Vec<u8>,
    body: B,
}

impl<'de, B: Body> Deserialize<'de> for Signed<B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair<B>(std::marker::PhantomData<B>);
        impl<'de, B: Body> Visitor<'de> for Pair<B> {
            type Value = Signed<B>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a map of `h` and `{}`", B::TAGS[0])
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Signed<B>, A::Error> {
                let wrong = |found: Option<String>| {
                    let found = found.map_or_else(|| "nothing".to_owned(), |key| format!("`{key}`"));
                    let tag = B::TAGS[0];
                    serde::de::Error::custom(format!("expected a map of `h` and `{tag}`, found {found}"))
                };
                // The shorter key comes first, because the bytes were checked to be strict before.
                match map.next_key::<String>()? {
                    Some(key) if key == "h" => {}
                    other => return Err(wrong(other)),
                }
                let header = map.next_value::<serde_bytes::ByteBuf>()?.into_vec();
                match map.next_key::<String>()? {
                    Some(tag) if B::TAGS.contains(&&*tag) => {}
                    other => return Err(wrong(other)),
                }
                let body = map.next_value()?;
                match map.next_key::<String>()? {
                    None => Ok(Signed { header, body }),
                    more => Err(wrong(more)),
                }
            }
        }
        deserializer.deserialize_map(Pair(std::marker::PhantomData))
    }
}

/// Reads a token without checking its signature; [`is_signed`] checks that.
///
/// Format: docs/formats.md, "Delegations and revocations".
pub(super) fn read<B: Body>(bytes: &[u8]) -> Result<B, UcanError> {
    if bytes.len() > limits::UCAN_BYTES_MAX {
        return Err(UcanError::TooLarge(bytes.len()));
    }
    cbor::strict(bytes)?;
    let signed = bytes.strip_prefix(&START).and_then(|rest| rest.get(64..)).ok_or(UcanError::Envelope)?;
    let Signed { header, body } = serde_ipld_dagcbor::from_slice::<Signed<B>>(signed)
        .map_err(|error| UcanError::Payload(error.to_string()))?;
    if header != VARSIG {
        return Err(UcanError::Varsig(crate::name::hex(&header)));
    }
    Ok(body)
}

/// Whether the issuer signed the token of these bytes (strict Ed25519). The bytes must have been read before.
pub(super) fn is_signed(bytes: &[u8], issuer: &Did) -> bool {
    let signature = bytes.get(START.len()..SIGNED_AT).and_then(|s| <&[u8; 64]>::try_from(s).ok());
    let signed = bytes.get(SIGNED_AT..);
    signature.zip(signed).is_some_and(|(signature, signed)| verify_raw(issuer, signed, signature))
}

/// Like [`read`], and also checks the issuer's signature.
pub(super) fn read_signed<B: Body>(bytes: &[u8]) -> Result<B, UcanError> {
    let body: B = read(bytes)?;
    let issuer = body.issuer();
    if is_signed(bytes, &issuer) { Ok(body) } else { Err(UcanError::Signature(issuer)) }
}

/// Signs a payload under a tag and returns the token's block.
pub(super) fn seal<T: Serialize>(key: &SecretKey, tag: &'static str, payload: &T) -> Block {
    struct Pair<'a, T>(&'static str, &'a T);
    impl<T: Serialize> Serialize for Pair<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry("h", serde_bytes::Bytes::new(&VARSIG))?;
            map.serialize_entry(self.0, self.1)?;
            map.end()
        }
    }
    let signed = encode::to_bytes(&Pair(tag, payload));
    let signature = key.sign_raw(&signed);
    Block::new(Codec::DagCbor, [&START[..], &signature, &signed].concat())
}

/// Reads a field that must be present, even when it is `null`.
pub(super) fn required<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// Reads a field that may be left out, but must not be `null` when it is present.
pub(super) fn if_there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Checks that a time is within its bounds.
pub(super) fn time(name: &'static str, time: Option<i64>) -> Result<Option<i64>, UcanError> {
    if time.is_none_or(|time| (-TIME_S_MAX..=TIME_S_MAX).contains(&time)) {
        Ok(time)
    } else {
        Err(UcanError::Time(name))
    }
}

/// Checks that a command is well formed (UCAN specification, "Segment Structure").
pub(super) fn command(command: &str) -> Result<(), UcanError> {
    let segments = || command.strip_prefix('/').is_some_and(|rest| rest.split('/').all(|s| !s.is_empty()));
    let lower = !command.chars().any(char::is_uppercase);
    if command == "/" || (lower && segments()) { Ok(()) } else { Err(UcanError::Command(command.into())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_lower_case_segments() {
        for good in ["/", "/icn/operate", "/crud", "/ほげ/ふが"] {
            assert_eq!(command(good), Ok(()));
        }
        for bad in ["", "icn/operate", "/icn/", "//", "/icn//operate", "/Icn"] {
            assert!(command(bad).is_err(), "{bad}");
        }
    }
}
