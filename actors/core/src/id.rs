//! Names of things: identities, blocks, invocations, account owners, units.
//!
//! Each is a type of its own, parsed once at the border. A text that is not the one canonical spelling is
//! refused, never normalised.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

use crate::limits;

/// What was wrong with a name, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a `did:key` of an Ed25519 key in its one spelling.
    #[error(
        "`{0}` is not a did:key of an Ed25519 key; expected `did:key:z6Mk` and 44 more base58 characters"
    )]
    Did(String),
    /// Not a CIDv1 of the codecs and the hash in use here.
    #[error("not a CID of this runtime: expected CIDv1, sha2-256, codec dag-cbor or raw (36 bytes); {0}")]
    Cid(String),
    /// Not a unit's name.
    #[error(
        "`{0}` is not a unit: expected one to twelve of A-Z, 0-9 beginning with a letter, or a resource name"
    )]
    Unit(String),
    /// Not an account owner.
    #[error(
        "`{0}` is not an account owner: expected `treasury`, `issuance`, `consumed`, a did:key, `module:` and a \
         CID, `hold:` and 32 lower-case hexadecimal digits, `owed:` or `claim:` and a did:key, or a name of up to 128 of A-Z a-z 0-9 . _ / - beginning with a letter or digit"
    )]
    Owner(String),
    /// Not a log's origin.
    #[error("`{0}` is not a log origin: expected 1 to 128 printable characters without spaces or `+`")]
    Origin(String),
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Bytes of a `did:key` text of an Ed25519 key: all of them have this length.
pub const DID_TEXT_BYTES: usize = 56;
const ED25519_MULTIKEY: [u8; 2] = [0xed, 0x01];

/// An identity: a `did:key` of an Ed25519 key (W3C CCG did:key, Multikey prefix `ed01`).
///
/// It names a key; whether the key is a point that strict verification accepts is found when a signature
/// is checked.
#[derive(Clone, Copy)]
pub struct Did {
    key: [u8; 32],
    text: [u8; DID_TEXT_BYTES],
}

impl Did {
    /// The identity of a public key.
    #[must_use]
    pub fn from_key(key: [u8; 32]) -> Self {
        let mut multikey = [0u8; 34];
        multikey[..2].copy_from_slice(&ED25519_MULTIKEY);
        multikey[2..].copy_from_slice(&key);
        let encoded = multibase::encode(multibase::Base::Base58Btc, multikey);
        let mut text = [0u8; DID_TEXT_BYTES];
        text[..8].copy_from_slice(b"did:key:");
        // 34 bytes that begin with 0xed01 have 47 base58 digits, whatever the key.
        assert_eq!(encoded.len(), DID_TEXT_BYTES - 8, "an Ed25519 multikey has 48 characters");
        text[8..].copy_from_slice(encoded.as_bytes());
        Self { key, text }
    }

    /// Parses the text form; any spelling but the canonical one is an error.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let error = || IdError::Did(cut(text));
        if text.len() != DID_TEXT_BYTES {
            return Err(error());
        }
        let encoded = text.strip_prefix("did:key:").filter(|rest| rest.starts_with('z')).ok_or_else(error)?;
        let (_, bytes) = multibase::decode(encoded).map_err(|_| error())?;
        let key = bytes.strip_prefix(&ED25519_MULTIKEY).ok_or_else(error)?;
        let key: [u8; 32] = key.try_into().map_err(|_| error())?;
        let mut fixed = [0u8; DID_TEXT_BYTES];
        fixed.copy_from_slice(text.as_bytes());
        Ok(Self { key, text: fixed })
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both constructors put ASCII here.
        std::str::from_utf8(&self.text).unwrap_or("did:key:invalid")
    }
}

impl PartialEq for Did {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Did {}
impl PartialOrd for Did {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Did {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}
impl std::hash::Hash for Did {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}
impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl Serialize for Did {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Did {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// Bytes of a binary CID of this runtime.
pub const CID_BYTES: usize = 36;
const CID_DAG_CBOR: [u8; 4] = [0x01, 0x71, 0x12, 0x20];
const CID_RAW: [u8; 4] = [0x01, 0x55, 0x12, 0x20];

/// What a block's bytes are, as its CID says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Strict dag-cbor (multicodec 0x71).
    DagCbor,
    /// Bytes (multicodec 0x55).
    Raw,
}

/// A block's name: a CIDv1 with sha2-256, codec dag-cbor or raw, as its 36 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId([u8; CID_BYTES]);

impl BlockId {
    /// The name of these bytes under a codec.
    #[must_use]
    pub fn of(codec: Codec, bytes: &[u8]) -> Self {
        Self::from_digest(codec, &Sha256::digest(bytes).into())
    }

    /// The name that a digest makes.
    #[must_use]
    pub fn from_digest(codec: Codec, digest: &[u8; 32]) -> Self {
        let mut id = [0u8; CID_BYTES];
        id[..4].copy_from_slice(match codec {
            Codec::DagCbor => &CID_DAG_CBOR,
            Codec::Raw => &CID_RAW,
        });
        id[4..].copy_from_slice(digest);
        Self(id)
    }

    /// Reads the 36 bytes; any other version, codec or hash is an error.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdError> {
        let id: [u8; CID_BYTES] =
            bytes.try_into().map_err(|_| IdError::Cid(format!("found {} bytes", bytes.len())))?;
        if id[..4] != CID_DAG_CBOR && id[..4] != CID_RAW {
            return Err(IdError::Cid(format!("found the header {:02x?}", &id[..4])));
        }
        Ok(Self(id))
    }

    /// Parses the text form (base32, lower case).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let cid = cid::Cid::try_from(text).map_err(|e| IdError::Cid(e.to_string()))?;
        let id = Self::from_bytes(&cid.to_bytes())?;
        if id.to_string() != text {
            return Err(IdError::Cid(format!("`{}` is not its base32 spelling", cut(text))));
        }
        Ok(id)
    }

    /// The 36 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; CID_BYTES] {
        &self.0
    }

    /// The codec that the name states.
    #[must_use]
    pub fn codec(&self) -> Codec {
        if self.0[..4] == CID_RAW { Codec::Raw } else { Codec::DagCbor }
    }

    /// Whether these bytes are the ones that the name names.
    #[must_use]
    pub fn names(&self, bytes: &[u8]) -> bool {
        Self::of(self.codec(), bytes) == *self
    }

    fn to_cid(self) -> Result<cid::Cid, IdError> {
        cid::Cid::try_from(self.0.as_slice()).map_err(|e| IdError::Cid(e.to_string()))
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_cid() {
            Ok(cid) => fmt::Display::fmt(&cid, f),
            Err(_) => Err(fmt::Error),
        }
    }
}
impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_cid().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}
impl<'de> Deserialize<'de> for BlockId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cid = cid::Cid::deserialize(deserializer)?;
        Self::from_bytes(&cid.to_bytes()).map_err(D::Error::custom)
    }
}

/// A byte string of a fixed length, as dag-cbor bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes<const N: usize>(pub [u8; N]);

/// A client's 128-bit name for one invocation, applied at most once for ever in its scope.
pub type InvocationId = Bytes<16>;
/// Names a hold, in its scope: 16 bytes that follow from the run that placed it.
pub type HoldId = Bytes<16>;
/// An amount of some unit, and nothing else: never negative, at most 2^63 - 1 where a transfer moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u64);

/// An id that is a function of some texts: the same texts, the same id, and so at most one application.
/// A client that may be interrupted uses it to submit again without fear.
#[must_use]
pub fn invocation_id(texts: &[&str]) -> InvocationId {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Bytes(id)
}

/// A SHA-256 digest.
pub type Hash = Bytes<32>;

impl<const N: usize> Bytes<N> {
    /// Lower-case hexadecimal.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }
    /// Reads lower-case hexadecimal of exactly this length.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}
impl Hash {
    /// The digest of these bytes.
    #[must_use]
    pub fn digest(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}
impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}
impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}
impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}
impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        let length = bytes.len();
        bytes
            .into_vec()
            .try_into()
            .map(Self)
            .map_err(|_| D::Error::custom(format!("expected {N} bytes, found {length}")))
    }
}

/// Lower-case hexadecimal of some bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The name of a unit of account: a resource of the runtime, or a token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit(Arc<str>);

impl Unit {
    /// Names of the runtime's own resources, in the order of their kinds in the host ABI, token left out.
    pub const RESOURCES: [&'static str; 4] = ["fuel", "storage", "network", "memory"];

    /// Compute, in fuel.
    #[must_use]
    pub fn fuel() -> Self {
        Self(Arc::from("fuel"))
    }
    /// Bytes kept in a scope's state.
    #[must_use]
    pub fn storage() -> Self {
        Self(Arc::from("storage"))
    }
    /// Bytes that leave the scope.
    #[must_use]
    pub fn network() -> Self {
        Self(Arc::from("network"))
    }
    /// 64 KiB pages of guest memory, at their peak.
    #[must_use]
    pub fn memory() -> Self {
        Self(Arc::from("memory"))
    }

    /// Parses a token's or a resource's name.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if Self::RESOURCES.contains(&text) {
            return Ok(Self(Arc::from(text)));
        }
        let mut bytes = text.bytes();
        let well_formed = text.len() <= limits::UNIT_BYTES_MAX
            && bytes.next().is_some_and(|b| b.is_ascii_uppercase())
            && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if well_formed { Ok(Self(Arc::from(text))) } else { Err(IdError::Unit(cut(text))) }
    }

    /// Whether this is one of the runtime's resources, which no transfer moves.
    #[must_use]
    pub fn is_resource(&self) -> bool {
        Self::RESOURCES.contains(&&*self.0)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who owns an account inside a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The federation itself.
    Treasury,
    /// Where a unit comes from: its balance is minus what exists, so that everything sums to zero.
    Issuance,
    /// Where a consumed resource goes.
    Consumed,
    /// A member.
    Member(Did),
    /// An installed module.
    Module(BlockId),
    /// A named account of the scope, such as `project/12`.
    Name(Arc<str>),
    /// A hold: what is set aside until it is settled, voided, or past its deadline. Moved by the runtime alone.
    Hold(HoldId),
    /// What the scope owes to another. Moved by the runtime alone.
    Owed(Did),
    /// What another scope owes to this one, below zero. Moved by the runtime alone.
    Claim(Did),
}

impl Owner {
    /// Whether the runtime alone moves it: no policy issues to it, and no guest's or member's transfer names it.
    #[must_use]
    pub const fn is_moved_by_the_runtime_alone(&self) -> bool {
        matches!(self, Self::Issuance | Self::Consumed | Self::Hold(_) | Self::Owed(_) | Self::Claim(_))
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let error = || IdError::Owner(cut(text));
        match text {
            "treasury" => return Ok(Self::Treasury),
            "issuance" => return Ok(Self::Issuance),
            "consumed" => return Ok(Self::Consumed),
            _ => {}
        }
        if text.starts_with("did:") {
            return Did::parse(text).map(Self::Member);
        }
        if let Some(cid) = text.strip_prefix("module:") {
            return BlockId::parse(cid).map(Self::Module).map_err(|_| error());
        }
        if let Some(id) = text.strip_prefix("hold:") {
            return HoldId::from_hex(id).map(Self::Hold).ok_or_else(error);
        }
        if let Some(scope) = text.strip_prefix("owed:") {
            return Did::parse(scope).map(Self::Owed).map_err(|_| error());
        }
        if let Some(scope) = text.strip_prefix("claim:") {
            return Did::parse(scope).map(Self::Claim).map_err(|_| error());
        }
        let well_formed = text.len() <= limits::NAME_BYTES_MAX
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b));
        if well_formed { Ok(Self::Name(Arc::from(text))) } else { Err(error()) }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Treasury => f.write_str("treasury"),
            Self::Issuance => f.write_str("issuance"),
            Self::Consumed => f.write_str("consumed"),
            Self::Member(did) => f.write_str(did.as_str()),
            Self::Module(id) => write!(f, "module:{id}"),
            Self::Name(name) => f.write_str(name),
            Self::Hold(id) => write!(f, "hold:{id}"),
            Self::Owed(scope) => write!(f, "owed:{scope}"),
            Self::Claim(scope) => write!(f, "claim:{scope}"),
        }
    }
}
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(D::Error::custom)
            }
        }
    };
}
as_text!(Unit);
as_text!(Owner);
as_text!(Origin);

/// A log's name: what its checkpoints begin with, and what every signed payload states, so that a block
/// of one log is none of another's (C2SP tlog-checkpoint, "origin").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Arc<str>);

impl Origin {
    /// Parses a name: a signed note's key name, so without spaces and `+` (C2SP signed-note).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let well_formed = !text.is_empty()
            && text.len() <= limits::ORIGIN_BYTES_MAX
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        if well_formed { Ok(Self(Arc::from(text))) } else { Err(IdError::Origin(cut(text))) }
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_has_one_spelling() {
        let did = Did::from_key([7; 32]);
        assert_eq!(Did::parse(did.as_str()).unwrap(), did);
        for wrong in [
            did.as_str().to_uppercase(),
            format!("{} ", did.as_str()),
            did.as_str().replace("did:key:z", "did:key:Z"),
            did.as_str().replace("did:key:", "did:web:"),
            String::new(),
        ] {
            assert!(Did::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn extreme_keys_have_a_did() {
        for key in [[0; 32], [255; 32]] {
            assert_eq!(Did::parse(Did::from_key(key).as_str()).unwrap().key(), &key);
        }
    }

    #[test]
    fn a_cid_is_of_a_known_codec_and_hash() {
        let id = BlockId::of(Codec::Raw, b"x");
        assert_eq!(BlockId::parse(&id.to_string()).unwrap(), id);
        assert!(id.names(b"x") && !id.names(b"y"));
        let mut other = *id.as_bytes();
        other[1] = 0x70;
        assert!(BlockId::from_bytes(&other).is_err());
        assert!(BlockId::from_bytes(&id.as_bytes()[..35]).is_err());
        assert!(BlockId::parse(&id.to_string().to_uppercase()).is_err());
    }

    #[test]
    fn owners_and_units_keep_their_text() {
        let module = format!("module:{}", BlockId::of(Codec::Raw, b"m"));
        let hold = format!("hold:{}", Bytes([0xa7; 16]));
        let scope = Did::from_key([2; 32]);
        let (owed, claim) = (format!("owed:{scope}"), format!("claim:{scope}"));
        for text in [
            &owed,
            &claim,
            "treasury",
            "issuance",
            "consumed",
            "project/12",
            &module,
            &hold,
            Did::from_key([1; 32]).as_str(),
        ] {
            assert_eq!(Owner::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["", "-x", "a b", "did:key:z6Mk", "module:x", "hold:", "owed:", "claim:x", "é", &"a".repeat(129)]
        {
            assert!(Owner::parse(text).is_err(), "{text}");
        }
        assert!(Owner::parse(&hold.to_uppercase().replace("HOLD", "hold")).is_err());
        assert!(Owner::parse(&hold[..hold.len() - 1]).is_err());
        for text in ["PLN", "H", "T2", "fuel"] {
            assert_eq!(Unit::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "pln", "2T", "ABCDEFGHIJKLM", "P N"] {
            assert!(Unit::parse(text).is_err(), "{text}");
        }
    }
}
