//! Writing a CAR.

use super::number::{push_head, push_varint};
use crate::encode::Block;
use crate::name::{BlockId, CID_BYTES};

/// The header of a CAR with these roots.
#[must_use]
pub fn header(roots: &[BlockId]) -> Vec<u8> {
    let mut map = vec![0xa2, 0x65];
    map.extend_from_slice(b"roots");
    push_head(&mut map, 0x80, roots.len() as u64);
    for root in roots {
        // Tag 42 on 37 bytes: a zero, and the CID.
        map.extend_from_slice(&[0xd8, 0x2a, 0x58, 0x25, 0x00]);
        map.extend_from_slice(root.as_bytes());
    }
    map.push(0x67);
    map.extend_from_slice(b"version\x01");
    let mut bytes = Vec::with_capacity(map.len() + 5);
    push_varint(&mut bytes, map.len() as u64);
    bytes.extend_from_slice(&map);
    bytes
}

/// Writes a block's section behind what is there.
pub fn push_section(out: &mut Vec<u8>, block: &Block) {
    push_varint(out, (CID_BYTES + block.bytes().len()) as u64);
    out.extend_from_slice(block.id().as_bytes());
    out.extend_from_slice(block.bytes());
}
