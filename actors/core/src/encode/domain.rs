//! Kinds of signatures, and the bytes that are signed (RFC 9052, section 4.4).

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

/// `["Signature1", h'a10127', external_aad, payload]` in CBOR (RFC 9052, section 4.4).
pub(super) fn sig_structure(domain: Domain, payload: &[u8]) -> Vec<u8> {
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
