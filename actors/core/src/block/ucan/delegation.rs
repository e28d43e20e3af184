//! Delegations: an issuer states that an audience may do something in a subject's name. Form and signature are
//! checked here; whether the delegation counts is judged in `rules::keys`.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::token::{Body, UcanError, command, if_there, read, read_signed, required, seal, time};
use crate::encode::{Block, SecretKey};
use crate::name::{BlockId, Codec, Did};

/// A delegation as read (UCAN Delegation, "Delegation Payload"). Its `meta` gives no authority and is not kept.
///
/// Format: docs/formats.md, "Delegations and revocations".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The block's name.
    pub id: BlockId,
    /// `iss`: who signed it.
    pub issuer: Did,
    /// `aud`: the identity that gets the right.
    pub audience: Did,
    /// `sub`: the identity in whose name it acts; `None` when it is `null`.
    pub subject: Option<Did>,
    /// `cmd`: the command that it may use.
    pub command: String,
    /// `pol`: the number of statements that limit it further.
    pub statements: usize,
    /// `nbf`: the start, in seconds since the Unix epoch.
    pub not_before_s: Option<i64>,
    /// `exp`: the end, in seconds since the Unix epoch; `None` when it is `null` (for ever).
    pub expires_s: Option<i64>,
}

/// A delegation to sign: issued by the subject itself, without further limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelegation {
    /// The identity that gets the right.
    pub audience: Did,
    /// The command.
    pub command: String,
    /// The start, in seconds since the Unix epoch.
    pub not_before_s: Option<i64>,
    /// The end, in seconds since the Unix epoch.
    pub expires_s: i64,
    /// Tells it apart from delegations with the same fields, for example 12 random bytes (UCAN specification,
    /// "Nonce").
    pub nonce: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    iss: Did,
    aud: Did,
    #[serde(deserialize_with = "required")]
    sub: Option<Did>,
    cmd: String,
    pol: Vec<IgnoredAny>,
    #[serde(rename = "nonce")]
    _nonce: serde_bytes::ByteBuf,
    #[serde(rename = "meta", default, deserialize_with = "if_there")]
    _meta: Option<BTreeMap<String, IgnoredAny>>,
    #[serde(default, deserialize_with = "if_there")]
    nbf: Option<i64>,
    #[serde(deserialize_with = "required")]
    exp: Option<i64>,
}

impl Body for Payload {
    /// The specification of delegations still says release candidate 1; the fixtures of UCAN 1.0.0 have no suffix.
    const TAGS: &'static [&'static str] = &["ucan/dlg@1.0.0", "ucan/dlg@1.0.0-rc.1"];
    fn issuer(&self) -> Did {
        self.iss
    }
}

#[derive(Serialize)]
struct Written<'a> {
    iss: Did,
    aud: Did,
    sub: Did,
    cmd: &'a str,
    pol: [(); 0],
    #[serde(with = "serde_bytes")]
    nonce: &'a [u8],
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
}

impl Delegation {
    /// Reads a delegation without checking its signature.
    ///
    /// # Errors
    /// The bytes are not a delegation.
    pub fn read(bytes: &[u8]) -> Result<Self, UcanError> {
        Self::of(bytes, read(bytes)?)
    }

    /// Reads a delegation and checks its issuer's signature.
    ///
    /// # Errors
    /// The bytes are not a delegation, or the signature is not the issuer's.
    pub fn read_signed(bytes: &[u8]) -> Result<Self, UcanError> {
        Self::of(bytes, read_signed(bytes)?)
    }

    fn of(bytes: &[u8], payload: Payload) -> Result<Self, UcanError> {
        let Payload { iss, aud, sub, cmd, pol, nbf, exp, .. } = payload;
        command(&cmd)?;
        Ok(Self {
            id: BlockId::of(Codec::DagCbor, bytes),
            issuer: iss,
            audience: aud,
            subject: sub,
            command: cmd,
            statements: pol.len(),
            not_before_s: time("nbf", nbf)?,
            expires_s: time("exp", exp)?,
        })
    }
}

impl NewDelegation {
    /// Signs it with the subject's key and returns its block.
    #[must_use]
    pub fn sign(&self, subject: &SecretKey) -> Block {
        let did = subject.did();
        let payload = Written {
            iss: did,
            aud: self.audience,
            sub: did,
            cmd: &self.command,
            pol: [],
            nonce: &self.nonce,
            nbf: self.not_before_s,
            exp: self.expires_s,
        };
        seal(subject, Payload::TAGS[0], &payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::cbor;

    fn delegated() -> (SecretKey, SecretKey, Block) {
        let (root, key) = (SecretKey::from_bytes(&[7; 32]), SecretKey::from_bytes(&[8; 32]));
        let new = NewDelegation {
            audience: key.did(),
            command: "/icn/operate".into(),
            not_before_s: Some(1_800_000_000),
            expires_s: 1_900_000_000,
            nonce: b"once".to_vec(),
        };
        let block = new.sign(&root);
        (root, key, block)
    }

    #[test]
    fn a_delegation_that_was_signed_is_read_again() {
        let (root, key, block) = delegated();
        let read = Delegation::read_signed(block.bytes()).unwrap();
        let expected = Delegation {
            id: block.id(),
            issuer: root.did(),
            audience: key.did(),
            subject: Some(root.did()),
            command: "/icn/operate".into(),
            statements: 0,
            not_before_s: Some(1_800_000_000),
            expires_s: Some(1_900_000_000),
        };
        assert_eq!(read, expected);
        assert!(cbor::strict(block.bytes()).is_ok());
    }

    #[test]
    fn every_changed_byte_of_a_delegation_is_noticed() {
        let (_, _, block) = delegated();
        for at in 0..block.bytes().len() {
            for change in [1, 0x20, 0x80] {
                let mut bytes = block.bytes().to_vec();
                bytes[at] ^= change;
                assert!(Delegation::read_signed(&bytes).is_err(), "offset {at}");
            }
        }
        for cut in 0..block.bytes().len() {
            assert!(Delegation::read(&block.bytes()[..cut]).is_err(), "{cut} bytes");
        }
    }

    /// A payload as anybody may write it.
    #[derive(Clone, Serialize)]
    struct Free {
        iss: Did,
        #[serde(skip_serializing_if = "Option::is_none")]
        aud: Option<Did>,
        #[serde(skip_serializing_if = "Option::is_none")]
        sub: Option<Option<Did>>,
        cmd: String,
        pol: Vec<(String, String, u8)>,
        #[serde(with = "serde_bytes")]
        nonce: Vec<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        meta: Option<BTreeMap<String, BlockId>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        nbf: Option<Option<i64>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        exp: Option<Option<i64>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        more: Option<u8>,
    }

    #[test]
    fn each_field_is_as_the_specification_has_it() {
        let (root, key, block) = delegated();
        let free = Free {
            iss: root.did(),
            aud: Some(key.did()),
            sub: Some(None),
            cmd: "/crud".into(),
            pol: vec![("==".into(), ".a".into(), 1)],
            nonce: Vec::new(),
            meta: Some(BTreeMap::from([("see".to_owned(), block.id())])),
            nbf: None,
            exp: Some(None),
            more: None,
        };
        let read = |free: &Free, tag: &'static str| Delegation::read_signed(seal(&root, tag, free).bytes());
        for tag in Payload::TAGS {
            let found = read(&free, tag).unwrap();
            assert_eq!((found.subject, found.statements, found.expires_s), (None, 1, None));
        }
        assert!(matches!(read(&free, "ucan/inv@1.0.0"), Err(UcanError::Payload(_))));
        let refused = |change: &dyn Fn(&mut Free)| {
            let mut changed = free.clone();
            change(&mut changed);
            read(&changed, Payload::TAGS[0]).unwrap_err()
        };
        for error in [
            refused(&|free| free.aud = None),
            refused(&|free| free.sub = None),
            refused(&|free| free.exp = None),
            refused(&|free| free.nbf = Some(None)),
            refused(&|free| free.more = Some(1)),
        ] {
            assert!(matches!(error, UcanError::Payload(_)), "{error}");
        }
        let far = TIME_S_MAX_AND_ONE;
        assert_eq!(refused(&|free| free.exp = Some(Some(far))), UcanError::Time("exp"));
        assert_eq!(refused(&|free| free.nbf = Some(Some(-far))), UcanError::Time("nbf"));
        assert!(matches!(refused(&|free| free.cmd = "crud".into()), UcanError::Command(_)));
        assert!(matches!(refused(&|free| free.nonce = vec![0; 4096]), UcanError::TooLarge(_)));
    }

    const TIME_S_MAX_AND_ONE: i64 = super::super::TIME_S_MAX + 1;
}
