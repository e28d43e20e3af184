//! Signatures: strict Ed25519 over a COSE_Sign1 structure with its payload detached.
//!
//! A signed block is two blocks. The *payload* is ordinary dag-cbor. The *envelope* names it and carries the
//! signature: `{"sig": [protected, {}, null, signature], "payload": CID}`. The signature is over the
//! `Sig_structure` of RFC 9052, section 4.4, over the payload's bytes, with the domain of the block's kind as
//! `external_aad`, so a signature for one kind of block is invalid for another (docs/formats.md).

use super::block::Block;
use super::key::{SecretKey, is_small_order, verify_raw};
use crate::name::{BlockId, CID_BYTES, Codec, Did};

/// The kind of block that a signature is for. Its text is part of the signed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// A caller's invocation.
    Invocation,
    /// A scope's receipt.
    Receipt,
    /// A counterpart's leg.
    Leg,
    /// A scope's policy.
    Policy,
    /// A host's first block.
    Host,
    /// A scope's block of keys.
    Keys,
}

impl Domain {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Invocation, Self::Receipt, Self::Leg, Self::Policy, Self::Host, Self::Keys];

    /// The fixed text that is signed together with the payload.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invocation => "icn-runtime/v1/invocation",
            Self::Receipt => "icn-runtime/v1/receipt",
            Self::Leg => "icn-runtime/v1/leg",
            Self::Policy => "icn-runtime/v1/policy",
            Self::Host => "icn-runtime/v1/host",
            Self::Keys => "icn-runtime/v1/keys",
        }
    }
}

const _: () = {
    // Every kind stands in the table once, at its own place.
    let mut at = 0;
    while at < Domain::ALL.len() {
        assert!(Domain::ALL[at] as usize == at, "the table has every kind in order, without a gap");
        assert!(Domain::ALL[at].as_str().len() <= 0xff, "a domain's text fits a short byte string");
        at += 1;
    }
};

impl SecretKey {
    /// Signs a payload block: its envelope.
    #[must_use]
    pub fn seal(&self, domain: Domain, payload: &Block) -> Envelope {
        let signature = self.sign_raw(&sig_structure(domain, payload.bytes()));
        let envelope = Envelope { payload: payload.id(), signature };
        debug_assert!(
            envelope.is_by(&self.did(), domain, payload),
            "a strict verifier accepts what was signed"
        );
        envelope
    }
}

/// `["Signature1", h'a10127', external_aad, payload]` in CBOR (RFC 9052, section 4.4).
fn sig_structure(domain: Domain, payload: &[u8]) -> Vec<u8> {
    let aad = domain.as_str().as_bytes();
    let mut bytes = Vec::with_capacity(32 + aad.len() + payload.len());
    bytes.extend_from_slice(b"\x84\x6aSignature1\x43\xa1\x01\x27");
    push_byte_string(&mut bytes, aad);
    push_byte_string(&mut bytes, payload);
    debug_assert!(bytes.ends_with(payload), "the payload's bytes are signed last and unchanged");
    bytes
}

/// A CBOR byte string with the shortest length (RFC 8949, section 4.2.1).
fn push_byte_string(out: &mut Vec<u8>, bytes: &[u8]) {
    const MAJOR: u8 = 0x40;
    let before = out.len();
    let length = (bytes.len() as u64).to_be_bytes();
    match bytes.len() {
        0..=23 => out.push(MAJOR | length[7]),
        24..=0xff => out.extend_from_slice(&[MAJOR | 24, length[7]]),
        0x100..=0xffff => {
            out.push(MAJOR | 25);
            out.extend_from_slice(&length[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(MAJOR | 26);
            out.extend_from_slice(&length[4..]);
        }
        _ => {
            out.push(MAJOR | 27);
            out.extend_from_slice(&length);
        }
    }
    debug_assert!((1..=9).contains(&(out.len() - before)), "a head has one byte and at most eight of length");
    out.extend_from_slice(bytes);
}

/// Why a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFlaw {
    /// The key did not sign these bytes.
    #[error("not a signature of it")]
    Wrong,
    /// The signature is valid under another domain: the key signed these bytes as another kind of block.
    #[error("a signature under the domain {}", .0.as_str())]
    Domain(Domain),
    /// The key has small order, so its signatures prove nothing.
    #[error("a key of small order")]
    SmallOrderKey,
}

/// A signature on a payload block.
///
/// Format: docs/formats.md, "Envelopes and signatures".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    payload: BlockId,
    signature: [u8; 64],
}

/// Bytes of an envelope's block. Every envelope has this length.
pub const ENVELOPE_BYTES: usize = BEFORE_SIGNATURE.len() + 64 + BEFORE_CID.len() + CID_BYTES;
/// `{"sig": [h'a10127', {}, null, h'…64 bytes`.
const BEFORE_SIGNATURE: &[u8] = b"\xa2\x63sig\x84\x43\xa1\x01\x27\xa0\xf6\x58\x40";
/// `…', "payload": 42(h'00…36 bytes')}`.
const BEFORE_CID: &[u8] = b"\x67payload\xd8\x2a\x58\x25\x00";

/// Why bytes are not an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The length is not the one that every envelope has.
    #[error("an envelope has {ENVELOPE_BYTES} bytes, these are {0}")]
    Length(usize),
    /// A fixed byte differs.
    #[error(
        "not an envelope `{{\"sig\": [h'a10127', {{}}, null, signature], \"payload\": CID}}`: wrong byte at offset {0}"
    )]
    Shape(usize),
    /// The name of the payload is not a dag-cbor CID of this runtime.
    #[error("the envelope's payload is not named by a CIDv1 with dag-cbor and sha2-256")]
    Payload,
}

impl Envelope {
    /// The name of the signed payload.
    #[must_use]
    pub const fn payload(&self) -> BlockId {
        self.payload
    }

    /// The envelope's own block.
    #[must_use]
    pub fn to_block(&self) -> Block {
        let mut bytes = Vec::with_capacity(ENVELOPE_BYTES);
        bytes.extend_from_slice(BEFORE_SIGNATURE);
        bytes.extend_from_slice(&self.signature);
        bytes.extend_from_slice(BEFORE_CID);
        bytes.extend_from_slice(self.payload.as_bytes());
        assert_eq!(bytes.len(), ENVELOPE_BYTES, "every envelope has one length");
        debug_assert_eq!(Self::from_bytes(&bytes), Ok(*self), "an envelope reads back as what was written");
        Block::new(Codec::DagCbor, bytes)
    }

    /// Reads an envelope. All bytes but the signature and the CID are fixed, so comparing them is strict decoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let whole: &[u8; ENVELOPE_BYTES] =
            bytes.try_into().map_err(|_| EnvelopeError::Length(bytes.len()))?;
        let (before, rest) = whole.split_at(BEFORE_SIGNATURE.len());
        let (signature, rest) = rest.split_at(64);
        let (between, cid) = rest.split_at(BEFORE_CID.len());
        for (found, expected, start) in
            [(before, BEFORE_SIGNATURE, 0), (between, BEFORE_CID, BEFORE_SIGNATURE.len() + 64)]
        {
            if let Some(offset) = found.iter().zip(expected).position(|(a, b)| a != b) {
                return Err(EnvelopeError::Shape(start + offset));
            }
        }
        let payload = BlockId::from_bytes(cid).map_err(|_| EnvelopeError::Payload)?;
        if payload.codec() != Codec::DagCbor {
            return Err(EnvelopeError::Payload);
        }
        let signature = signature.try_into().map_err(|_| EnvelopeError::Length(bytes.len()))?;
        Ok(Self { payload, signature })
    }

    /// Explains why this is not the signature of that identity on this payload under this domain, as closely as can
    /// be told. Call it after [`Self::is_by`] returned false.
    #[must_use]
    pub fn flaw(&self, by: &Did, domain: Domain, payload: &Block) -> SignatureFlaw {
        if is_small_order(by) {
            return SignatureFlaw::SmallOrderKey;
        }
        let other = Domain::ALL.into_iter().find(|other| *other != domain && self.is_by(by, *other, payload));
        other.map_or(SignatureFlaw::Wrong, SignatureFlaw::Domain)
    }

    /// Whether this is the signature of that identity on this payload under this domain. The payload's bytes
    /// must be the ones that the envelope names.
    #[must_use]
    pub fn is_by(&self, by: &Did, domain: Domain, payload: &Block) -> bool {
        payload.id() == self.payload
            && verify_raw(by, &sig_structure(domain, payload.bytes()), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> (SecretKey, Block, Envelope) {
        let key = SecretKey::from_bytes(&[3; 32]);
        let payload = Block::encode(&"hello");
        let envelope = key.seal(Domain::Receipt, &payload);
        (key, payload, envelope)
    }

    #[test]
    fn an_envelope_is_a_cose_sign1_with_its_payload_detached() {
        use coset::{CborSerializable as _, CoseSign1Builder, HeaderBuilder, iana};
        for length in [0usize, 1, 23, 24, 255, 256, 65_535, 65_536] {
            let payload = Block::encode(&serde_bytes::ByteBuf::from(vec![7u8; length]));
            let (key, _, _) = sealed();
            let envelope = key.seal(Domain::Invocation, &payload);
            let header = HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).build();
            let theirs = CoseSign1Builder::new()
                .protected(header)
                .create_detached_signature(payload.bytes(), Domain::Invocation.as_str().as_bytes(), |m| {
                    key.sign_raw(m).to_vec()
                })
                .build();
            assert_eq!(theirs.signature, envelope.signature);
            let bytes = envelope.to_block().bytes().to_vec();
            // The array inside the envelope is their whole COSE_Sign1.
            let cose = theirs.to_vec().unwrap();
            assert_eq!(&bytes[5..5 + cose.len()], &cose);
        }
    }

    #[test]
    fn an_envelope_is_canonical_dag_cbor_with_a_link() {
        let (_, payload, envelope) = sealed();
        let block = envelope.to_block();
        let ipld: ipld_core::ipld::Ipld = serde_ipld_dagcbor::from_slice(block.bytes()).unwrap();
        assert_eq!(serde_ipld_dagcbor::to_vec(&ipld).unwrap(), block.bytes());
        let ipld_core::ipld::Ipld::Map(map) = ipld else { panic!("a map") };
        let ipld_core::ipld::Ipld::Link(link) = &map["payload"] else { panic!("a link") };
        assert_eq!(link.to_bytes(), payload.id().as_bytes());
    }

    #[test]
    fn a_signature_holds_for_one_key_one_domain_one_payload() {
        let (key, payload, envelope) = sealed();
        assert!(envelope.is_by(&key.did(), Domain::Receipt, &payload));
        assert!(!envelope.is_by(&key.did(), Domain::Policy, &payload));
        assert!(!envelope.is_by(&Did::from_key([9; 32]), Domain::Receipt, &payload));
        assert!(!envelope.is_by(&key.did(), Domain::Receipt, &Block::encode(&"hellp")));
    }

    #[test]
    fn every_changed_byte_of_an_envelope_is_noticed() {
        let (key, payload, envelope) = sealed();
        let bytes = envelope.to_block().bytes().to_vec();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let verdict = Envelope::from_bytes(&changed);
            assert!(
                verdict.is_err() || !verdict.unwrap().is_by(&key.did(), Domain::Receipt, &payload),
                "offset {at}"
            );
        }
        assert_eq!(Envelope::from_bytes(&bytes[1..]), Err(EnvelopeError::Length(ENVELOPE_BYTES - 1)));
        assert_eq!(Envelope::from_bytes(&bytes), Ok(envelope));
    }
}
