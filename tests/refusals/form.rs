//! Refusals for the form of a request: its size, its fields, its encoding.

use icn_core::encode::{Block, Domain};
use icn_core::name::Codec;
use icn_runtime::{Invocation, RefusalCode, Request, limits};

use crate::common::{scratch, standing};
use crate::helpers::{changed, refused, submit, two_scopes};

#[test]
fn what_is_too_large_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let good = desk.request(&host, "put", b"x", "x");
    for (envelope, payload) in [
        (good.envelope.clone(), vec![0; limits::BLOCK_BYTES_MAX + 1]),
        (vec![0; limits::BLOCK_BYTES_MAX + 1], good.payload.clone()),
    ] {
        refused(&host, RefusalCode::TooLarge, Request { envelope, payload });
    }
    let over = vec![0; limits::INPUT_BYTES_MAX + 1];
    let refusal = refused(&host, RefusalCode::TooLarge, desk.request(&host, "nothing", &over, "over"));
    assert!(refusal.message.contains("262145") && refusal.message.contains("262144"), "{refusal}");
    // One byte less is fine.
    desk.ask(&host, "nothing", &over[1..], "most");
}

#[test]
fn what_is_no_invocation_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let good = desk.request(&host, "put", b"x", "x");
    // Envelopes: cut, lengthened, each of their fixed bytes changed.
    let mut envelopes =
        vec![good.envelope[1..].to_vec(), [&good.envelope[..], &[0]].concat(), vec![0xff; 10]];
    let fixed =
        (0..good.envelope.len()).filter(|at| !(14..78).contains(at) && *at < good.envelope.len() - 32);
    for at in fixed {
        let mut envelope = good.envelope.clone();
        envelope[at] ^= 1;
        envelopes.push(envelope);
    }
    for envelope in envelopes {
        refused(&host, RefusalCode::Malformed, Request { envelope, ..good.clone() });
    }
    // Payloads: nothing, garbage, other values, other kinds, fields that nobody knows, fields that lack.
    let renamed = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = good.payload.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut payload = good.payload.clone();
        payload[at..at + to.len()].copy_from_slice(to.as_bytes());
        payload
    };
    for payload in [
        Vec::new(),
        vec![0xff],
        vec![0x80],
        b"{\"typ\": \"icn/invocation/v1\"}".to_vec(),
        vec![0x9f; 100_000],
        vec![0x81; 100_000],
        [&good.payload[..], &[0]].concat(),
        good.payload[..good.payload.len() - 1].to_vec(),
        renamed("icn/invocation/v1", "icn/invocation/v2"),
        renamed("expires", "expirez"),
        renamed("did:key:z", "did:web:z"),
    ] {
        refused(&host, RefusalCode::Malformed, Request { payload, ..good.clone() });
    }
    // Values that no invocation has.
    let long = "e".repeat(limits::ENTRY_NAME_BYTES_MAX + 1);
    for change in [
        (|call| call.fuel = 0) as fn(&mut Invocation),
        |call| call.fuel = limits::FUEL_PER_INVOCATION_MAX + 1,
        |call| call.fuel = u64::MAX,
        |call| call.entry = String::new(),
    ] {
        refused(&host, RefusalCode::Malformed, changed(&host, &desk, "odd", change));
    }
    refused(&host, RefusalCode::Malformed, changed(&host, &desk, "odd", |call| call.entry = long));
}

#[test]
fn what_is_not_in_the_one_canonical_form_is_refused() {
    let dir = scratch();
    let (host, desk) = two_scopes(dir.path());
    let good = desk.request(&host, "put", b"x", "x");
    // The field `fuel`: its key, and the limit, 1 000 000 000, in four bytes.
    let field = [b"\x64fuel\x1a".as_slice(), &1_000_000_000u32.to_be_bytes()].concat();
    let at = good.payload.windows(field.len()).position(|window| window == field).unwrap();
    let (before, behind) = (&good.payload[..at], &good.payload[at + field.len()..]);
    let eight = [b"\x64fuel\x1b".as_slice(), &1_000_000_000u64.to_be_bytes()].concat();
    let long_key = [b"\x78\x04fuel\x1a".as_slice(), &1_000_000_000u32.to_be_bytes()].concat();
    for (what, payload) in [
        ("a number in eight bytes", [before, &eight, behind].concat()),
        ("a key with a length byte", [before, &long_key, behind].concat()),
        ("a field in another place", [before, behind, &field].concat()),
        ("a field twice", [before, &field, &field, behind].concat()),
        ("a map without its length", [&[0xbf], &good.payload[1..], &[0xff]].concat()),
    ] {
        // Signed well, over these very bytes: it is the form that is refused.
        let block = Block::new(Codec::DagCbor, payload.clone());
        let envelope = desk.member.seal(Domain::Invocation, &block).to_block().bytes().to_vec();
        let before = standing(&host);
        let refusal = submit(&host, Request { envelope, payload }).unwrap_err();
        let codes = [RefusalCode::NotCanonical, RefusalCode::Malformed];
        assert!(codes.contains(&refusal.code), "{what}: {refusal}");
        assert_eq!(standing(&host), before);
    }
    // Of the same value twice, only the first form is taken.
    desk.ask(&host, "put", b"x", "x");
}
