//! Writes a CAR: the header, then a section for each block.

use super::head::{push_head, push_varint};
use crate::encode::Block;
use crate::name::{BlockId, CID_BYTES};

/// The CBOR head of a CID: tag 42 on a byte string of 37 bytes, of which the first is 0 (DAG-CBOR, "Links").
const LINK_HEAD: [u8; 5] = [0xd8, 0x2a, 0x58, 0x25, 0x00];

const _: () = assert!(LINK_HEAD[3] as usize == 1 + CID_BYTES, "a link is a zero and a CID");

/// The header of a CAR with these roots, after its length.
#[must_use]
pub fn header(roots: &[BlockId]) -> Vec<u8> {
    assert!(roots.len() <= usize::from(u16::MAX), "the number of roots has its shortest form");
    let mut map = vec![0xa2, 0x65];
    map.extend_from_slice(b"roots");
    push_head(&mut map, 0x80, roots.len() as u64);
    for root in roots {
        map.extend_from_slice(&LINK_HEAD);
        map.extend_from_slice(root.as_bytes());
    }
    map.push(0x67);
    map.extend_from_slice(b"version\x01");
    debug_assert!(crate::encode::cbor::scan(&map, 2).is_ok(), "a header is strict dag-cbor");
    let mut bytes = Vec::with_capacity(map.len() + 5);
    push_varint(&mut bytes, map.len() as u64);
    bytes.extend_from_slice(&map);
    bytes
}

/// Appends the section of a block: the length, the CID, the bytes.
pub fn push_section(out: &mut Vec<u8>, block: &Block) {
    let length = CID_BYTES + block.bytes().len();
    push_varint(out, length as u64);
    let start = out.len();
    out.extend_from_slice(block.id().as_bytes());
    out.extend_from_slice(block.bytes());
    assert_eq!(out.len() - start, length, "a section is as long as it says");
}
