//! Encodings: any bytes, given to every reader of blocks, and blocks that are read as they were written.

use icn_core::block::ucan::{Delegation, Revocation};
use icn_core::block::{HostBlock, Invocation, KeysBlock, Leg, Node, Payload, Policy, Receipt, Roll};
use icn_core::encode::{self, Block, DecodeError, Envelope};
use icn_core::log::Checkpoint;
use icn_core::name::{BlockId, Codec, Did, Origin, Owner, Unit};

use crate::generate::{ByteSource, did, key, mutate, origin};
use crate::oracle::Cbor;
use crate::{generate, oracle};

fn read<T: serde::Serialize + std::fmt::Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
) -> bool {
    match decode(bytes) {
        Ok(value) => {
            assert_eq!(encode::to_bytes(&value), bytes, "what is read is written the same: {value:?}");
            let cbor = Cbor::read(bytes);
            assert!(cbor.is_some(), "read as {value:?}, but it is not strict dag-cbor: {bytes:02x?}");
            assert!(cbor.is_some_and(|c| c.links_are_ours()), "read with a foreign link: {value:?}");
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// Any bytes, given to every reader of blocks: none panics, and what is accepted is strict dag-cbor in the one
/// encoding that its value has.
pub fn check_decode_block(bytes: &[u8]) {
    let kinds = [
        read(bytes, Invocation::from_bytes),
        read(bytes, Receipt::from_bytes),
        read(bytes, Policy::from_bytes),
        read(bytes, Node::from_bytes),
        read(bytes, HostBlock::from_bytes),
        read(bytes, Leg::from_bytes),
        read(bytes, KeysBlock::from_bytes),
    ];
    assert!(kinds.iter().filter(|read| **read).count() <= 1, "bytes are of one kind: {bytes:02x?}");
    assert_eq!(kinds[0], oracle::read_invocation(bytes).is_some(), "an invocation is one for the oracle");
    let payload = Payload::from_bytes(bytes);
    let of_an_entry = kinds[1] || kinds[2] || kinds[4] || kinds[5] || kinds[6];
    assert_eq!(payload.is_ok(), of_an_entry, "a signed payload is one of five");
    if let Ok(payload) = &payload {
        let again = match payload {
            Payload::Host(host) => encode::to_bytes(host),
            Payload::Policy(policy) => encode::to_bytes(policy),
            Payload::Receipt(receipt) => encode::to_bytes(receipt),
            Payload::Leg(leg) => encode::to_bytes(leg),
            Payload::Keys(keys) => encode::to_bytes(keys),
        };
        assert_eq!(again, bytes);
    }
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        assert_eq!(envelope.to_block().bytes(), bytes);
        let cbor = Cbor::read(bytes);
        let link = cbor.as_ref().and_then(|cbor| cbor.field("payload"));
        assert_eq!(link, Some(&Cbor::Link(envelope.payload().as_bytes().to_vec())));
    }
    let tokens = [Delegation::read(bytes).is_ok(), Revocation::read(bytes).is_ok()];
    assert!(tokens != [true, true], "a UCAN is of one kind: {bytes:02x?}");
    if tokens != [false, false] {
        assert!(Cbor::read(bytes).is_some_and(|cbor| cbor.links_are_ours()), "{bytes:02x?}");
    }
    if let Ok(id) = BlockId::from_bytes(bytes) {
        assert_eq!(id.as_bytes(), bytes);
    }
    if let Ok(roll) = Roll::from_block(Block::new(Codec::Raw, bytes.to_vec())) {
        let members: Vec<Did> =
            bytes.chunks(32).filter_map(|k| k.try_into().ok()).map(Did::from_key).collect();
        assert!(members.iter().all(|member| roll.contains(member)));
        assert_eq!(Roll::of(members), roll);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_names(text);
        check_note(text);
    }
}

/// A name that is accepted is the one spelling of what it names.
fn check_names(text: &str) {
    let spellings = [
        Did::parse(text).ok().map(|name| name.to_string()),
        BlockId::parse(text).ok().map(|name| name.to_string()),
        Unit::parse(text).ok().map(|name| name.to_string()),
        Owner::parse(text).ok().map(|name| name.to_string()),
        Origin::parse(text).ok().map(|name| name.to_string()),
    ];
    for spelling in spellings.into_iter().flatten() {
        assert_eq!(spelling, text);
    }
}

/// A note that opens has the body and the signature that its key makes.
fn check_note(text: &str) {
    if let Ok(checkpoint) = Checkpoint::open(text, &origin(), &did(0)) {
        let signed = checkpoint.sign(key(0));
        assert!(text.starts_with(&checkpoint.body()), "{text:?}");
        let line = signed.lines().last().unwrap_or_default();
        assert!(text.lines().any(|found| found == line), "{text:?} is not signed");
    }
}

/// Values of every kind are read as they were written; changed bytes are refused, or are another value's one
/// encoding.
pub fn check_round_trip(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let block = source.block();
    assert!(Cbor::read(block.bytes()).is_some_and(|c| c.links_are_ours()), "{:02x?}", block.bytes());
    let read = [
        Invocation::from_bytes(block.bytes()).is_ok(),
        Receipt::from_bytes(block.bytes()).is_ok(),
        Policy::from_bytes(block.bytes()).is_ok(),
        Node::from_bytes(block.bytes()).is_ok(),
        HostBlock::from_bytes(block.bytes()).is_ok(),
        Leg::from_bytes(block.bytes()).is_ok(),
        KeysBlock::from_bytes(block.bytes()).is_ok(),
    ];
    assert_eq!(
        read.iter().filter(|read| **read).count(),
        1,
        "what is written is read: {:02x?}",
        block.bytes()
    );
    check_decode_block(block.bytes());
    match source.below(3) {
        0 => check_decode_block(&mutate(&mut source, block.bytes())),
        1 => check_decode_block(generate::misspell(&mut source).as_bytes()),
        _ => {
            let mut value = Cbor::read(block.bytes()).unwrap_or(Cbor::Null);
            assert_eq!(value.write(), block.bytes(), "the oracle writes what it reads");
            generate::restructure(&mut source, &mut value);
            check_decode_block(&value.write());
        }
    }
    check_ucan(&mut source);
}

/// A UCAN is read as it was signed, and no other bytes are.
fn check_ucan(source: &mut ByteSource<'_>) {
    let token = source.ucan();
    let signed =
        |bytes: &[u8]| Delegation::read_signed(bytes).is_ok() || Revocation::read_signed(bytes).is_ok();
    assert!(signed(token.bytes()), "what is signed is read: {:02x?}", token.bytes());
    check_decode_block(token.bytes());
    let changed = mutate(source, token.bytes());
    assert!(changed == token.bytes() || !signed(&changed), "nobody signed {changed:02x?}");
    check_decode_block(&changed);
}
