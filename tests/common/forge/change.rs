//! Changes to single blocks and entries.

use icn_core::block::{Entry, Node, NodeTag, Payload, Policy};
use icn_core::encode::{Block, Domain};
use icn_core::name::Codec;
use icn_history::store::LogStore as _;
use icn_runtime::{BlockId, Did};

use super::car::CarParts;
use super::entries::{find, forge, moved_signature, receipt_of, signed};
use crate::common::files::key;

/// Gives the block that stands so many behind the first of a kind a CID of another codec.
pub(super) fn recode(parts: &mut CarParts, typ: &str, behind: usize, codec: u8) {
    let at = find(parts, typ) + behind;
    parts.1[at].0[1] = codec;
}

/// A receipt in another encoding of the same data, with every name made right and signed by its scope.
pub(super) fn in_a_longer_form(parts: &mut CarParts) {
    let at = find(parts, "icn/receipt/v1");
    let mut bytes = parts.1[at].1.clone();
    // `"seq": 1`, with a byte more than it needs.
    let seq = bytes.windows(5).position(|part| part == b"\x63seq\x01").unwrap() + 4;
    bytes.splice(seq..=seq, [0x18, 0x01]);
    let payload = Block::new(Codec::DagCbor, bytes);
    let sealed = key("ours scope").seal(Domain::Receipt, &payload).to_block();
    parts.1[at] = (payload.id().as_bytes().to_vec(), payload.bytes().to_vec());
    parts.1[at + 1] = (sealed.id().as_bytes().to_vec(), sealed.bytes().to_vec());
}

/// Signs the later receipts of ours anew, each behind the one before: then the structure holds, and only what the changed
/// one says does not.
pub(super) fn relink(log: &mut [Entry], changed: usize) {
    let mut head = log[changed].leaves[0];
    let ours = key("ours scope");
    for entry in &mut log[changed + 1..] {
        if receipt_of(entry).2.scope == ours.did() {
            forge(entry, Some(&ours), |receipt| receipt.prev = head);
            head = entry.leaves[0];
        }
    }
}

/// Gives a receipt's node other parents, with every name made right and signed by its scope.
pub(super) fn with_parents(entry: &mut Entry, parents: Vec<BlockId>) {
    with_node(entry, |node| Block::encode(&Node { typ: NodeTag, parents, ..node }));
}

/// Puts another block in the place of a receipt's node, with every name made right and signed by its scope.
pub(super) fn with_node(entry: &mut Entry, change: impl FnOnce(Node) -> Block) {
    let (_, _, receipt) = receipt_of(entry);
    let old = receipt.nodes[0];
    let at = entry.blocks.iter().position(|block| block.id() == old).unwrap();
    let block = change(Node::from_bytes(entry.blocks[at].bytes()).unwrap());
    let id = block.id();
    entry.blocks[at] = block;
    forge(entry, Some(&key("ours scope")), |receipt| {
        receipt.nodes[0] = id;
        receipt.anchors[0].0 = id;
    });
}

/// Puts another block in the place of a receipt's engine, with every name made right and signed by its scope.
pub(super) fn with_engine(entry: &mut Entry, change: impl FnOnce(&Block) -> Block) {
    let old = receipt_of(entry).2.engine;
    let at = entry.blocks.iter().position(|block| block.id() == old).unwrap();
    entry.blocks[at] = change(&entry.blocks[at]);
    let engine = entry.blocks[at].id();
    forge(entry, Some(&key("ours scope")), |receipt| receipt.engine = engine);
}

/// Changes the policy of our scope's first entry, and signs it.
pub(super) fn with_policy(entry: &mut Entry, change: impl FnOnce(&mut Policy)) {
    let (envelope, payload) = signed(entry, entry.leaves[0]);
    let Payload::Policy(mut policy) = Payload::from_bytes(entry.blocks[payload].bytes()).unwrap() else {
        panic!("a policy");
    };
    change(&mut policy);
    let block = Block::encode(&*policy);
    let sealed = key("ours scope").seal(Domain::Policy, &block).to_block();
    entry.leaves[0] = sealed.id();
    entry.blocks[payload] = block;
    entry.blocks[envelope] = sealed;
}

/// The same bytes under the name that they have as raw ones.
pub(super) fn raw(block: &Block) -> Block {
    Block::new(Codec::Raw, block.bytes().to_vec())
}

/// A policy of a scope whose key has small order, with a signature that a lenient verifier takes: `R` and `s` of nothing.
pub(super) fn small_order(log: &mut [Entry]) {
    let (envelope, payload) = signed(&log[1], log[1].leaves[0]);
    let Payload::Policy(mut policy) = Payload::from_bytes(log[1].blocks[payload].bytes()).unwrap() else {
        panic!("a policy");
    };
    let mut identity = [0u8; 32];
    identity[0] = 1;
    policy.scope = Did::from_key(identity);
    let block = Block::encode(&*policy);
    let mut bytes = moved_signature(&log[1].blocks[envelope], &block).bytes().to_vec();
    bytes[14..78].fill(0);
    bytes[14] = 1;
    let sealed = Block::new(Codec::DagCbor, bytes);
    log[1].leaves[0] = sealed.id();
    log[1].blocks[payload] = block;
    log[1].blocks[envelope] = sealed;
}
