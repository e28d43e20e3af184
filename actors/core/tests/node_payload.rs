//! Where a node's payload stands in its block is where a whole reading finds it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use icn_core::block::{Node, NodeTag};
use icn_core::encode::Block;
use icn_core::name::{BlockId, Codec, Did};

fn node(payload: Vec<u8>, parents: usize) -> Block {
    Block::encode(&Node {
        typ: NodeTag,
        scope: Did::from_key([2; 32]),
        module: BlockId::of(Codec::Raw, b"a module"),
        parents: vec![BlockId::of(Codec::DagCbor, b"a parent"); parents],
        payload,
    })
}

#[test]
fn a_payload_stands_where_the_whole_node_has_it() {
    for bytes in [0, 1, 23, 24, 255, 256, 65_535, 65_536, 262_144] {
        for parents in [0, 1, 24, 64] {
            let payload: Vec<u8> = (0..bytes).map(|n: usize| n.to_le_bytes()[0]).collect();
            let block = node(payload, parents);
            let range = Node::payload_range(block.bytes()).unwrap();
            assert_eq!(block.bytes()[range], Node::from_bytes(block.bytes()).unwrap().payload);
        }
    }
}

#[test]
fn what_is_no_node_has_no_payload() {
    let block = node(vec![7; 10], 1);
    for end in 0..block.bytes().len() {
        assert_eq!(Node::payload_range(&block.bytes()[..end]), None, "cut after {end}");
    }
    let mut longer = block.bytes().to_vec();
    longer.push(0);
    assert_eq!(Node::payload_range(&longer), None);
    assert_eq!(Node::payload_range(b"\xa0"), None);
}
