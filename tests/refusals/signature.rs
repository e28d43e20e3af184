//! Refusals for a signature: missing, malleated, of another key or of other bytes.

use icn_core::encode::{Block, Domain};
use icn_core::name::Codec;
use icn_runtime::{Did, RefusalCode, Request};

use crate::common::scratch;
use crate::helpers::{changed, refused, submit, two_scopes};

#[test]
fn what_has_no_signature_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let request = Request { envelope: Vec::new(), ..desk.request(&host, "put", b"x", "x") };
    refused(&host, RefusalCode::Unsigned, request);
}

/// An envelope's bytes with another signature.
fn with_signature(envelope: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    let mut envelope = envelope.to_vec();
    envelope[14..78].copy_from_slice(signature);
    envelope
}

/// The same signature with the order of the group added to its second half: lax verifiers take it (RFC 8032,
/// section 5.1.7, asks for less than the order).
fn malleated(signature: &[u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other = *signature;
    let mut carry = 0;
    for (byte, order) in other[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    other
}

#[test]
fn what_the_caller_did_not_sign_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let good = desk.request(&host, "put", b"x", "x");
    let bad = |request| refused(&host, RefusalCode::BadSignature, request);
    // Another's key; another's payload; a signature of another kind of block.
    let invocation = desk.invocation(&host, "put", b"x", "x");
    bad(Request::sign(&invocation, &desk.admin));
    bad(Request { payload: desk.request(&host, "put", b"y", "x").payload, ..good.clone() });
    let block = Block::new(Codec::DagCbor, good.payload.clone());
    for domain in [Domain::Receipt, Domain::Policy, Domain::Host] {
        let envelope = desk.member.seal(domain, &block).to_block().bytes().to_vec();
        bad(Request { envelope, ..good.clone() });
    }
    // Every bit of one byte in eight of the signature, and of the payload's name.
    for at in (14..78).chain(good.envelope.len() - 32..good.envelope.len()).step_by(8) {
        for bit in 0..8 {
            let mut envelope = good.envelope.clone();
            envelope[at] ^= 1 << bit;
            bad(Request { envelope, ..good.clone() });
        }
    }
    let signature: [u8; 64] = good.envelope[14..78].try_into().unwrap();
    bad(Request { envelope: with_signature(&good.envelope, &malleated(&signature)), ..good.clone() });
    bad(Request { envelope: with_signature(&good.envelope, &[0; 64]), ..good.clone() });

    // Keys of small order: for them, lax verifiers take a signature that nobody made.
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut order_two = [0xff; 32];
    order_two[0] = 0xec;
    order_two[31] = 0x7f;
    for weak in [identity, order_two, [0; 32]] {
        let caller = Did::from_key(weak);
        let request = changed(&host, &desk, "weak", |call| call.caller = caller);
        let mut forged = [0; 64];
        forged[0] = 1;
        bad(Request { envelope: with_signature(&request.envelope, &forged), ..request });
    }
    // The good one is still good.
    assert!(submit(&host, good).unwrap().receipt.outcome.is_ok());
}
