//! What is verified, bit by bit, without the engine: `tests/cache.rs` sees the same through the cache.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use hmac::{Hmac, KeyInit as _, Mac as _};
use icn_core::name::Codec;
use sha2::Sha256;

use super::super::artefact::{FIELDS, NAMED_BYTES};
use super::*;
use crate::engine::EngineOptions;

fn module() -> BlockId {
    BlockId::of(Codec::Raw, b"a module")
}

/// A directory with one artefact of some bytes, and the artefact.
fn kept(code: &[u8]) -> (tempfile::TempDir, Artefacts, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let engine =
        Engine::new(&EngineOptions { instances_max: 1, pooled: false, ..EngineOptions::default() }).unwrap();
    let artefacts = Artefacts::open(dir.path(), &[3; 32], &engine, 1 << 20).unwrap();
    artefacts.write(module(), code).unwrap();
    let bytes = std::fs::read(artefacts.path(module())).unwrap();
    (dir, artefacts, bytes)
}

#[test]
fn no_bit_of_an_artefact_can_be_another() {
    let code: Vec<u8> = (0..1_000u32).flat_map(u32::to_le_bytes).collect();
    let (_dir, artefacts, mut bytes) = kept(&code);
    assert_eq!(bytes.len(), HEADER_BYTES + code.len());
    assert!(artefacts.seal.verified(module(), &bytes).is_ok_and(|found| found.code() == code));
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            let refused = artefacts.seal.verified(module(), &bytes).err().unwrap();
            let expected = match FIELDS.iter().find(|(_, field)| field.contains(&at)) {
                Some((field, _)) => format!("its {field} differs"),
                None => "its MAC differs".to_owned(),
            };
            assert_eq!(refused, expected, "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(artefacts.seal.verified(module(), &bytes).is_ok());
}

#[test]
fn every_length_but_its_own_is_refused() {
    let (_dir, artefacts, bytes) = kept(b"some code");
    for length in 0..bytes.len() {
        assert!(artefacts.seal.verified(module(), &bytes[..length]).is_err(), "{length}");
    }
    assert!(artefacts.seal.verified(module(), &[bytes, vec![0]].concat()).is_err());
}

/// The header's fields are next to each other, in order, without a gap that nobody looks at.
#[test]
fn the_fields_cover_the_header() {
    let ends = FIELDS.iter().map(|(_, field)| field.end);
    let starts = FIELDS.iter().map(|(_, field)| field.start);
    assert!(starts.eq(std::iter::once(0).chain(ends).take(FIELDS.len())));
    assert_eq!(FIELDS[FIELDS.len() - 1].1.end, NAMED_BYTES);
}

/// HMAC-SHA256 as others compute it: RFC 4231, test case 1, whose key has fewer bytes than ours.
#[test]
fn the_mac_is_hmac_sha256() {
    let mut block = [0u8; 64];
    block[..20].fill(0x0b);
    let mac = Hmac::<Sha256>::new(&block.into()).chain_update(b"Hi There").finalize().into_bytes();
    let text: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}
