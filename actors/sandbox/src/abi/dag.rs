//! Nodes and anchors of this scope.
//!
//! A node is named by its contents, so storing it again is no effect and no error. A node's parents must be there
//! before it.

use std::ops::Range;

use icn_core::block::{Anchor, Capability, Node, NodeTag};
use icn_core::encode::Block;
use icn_core::name::{BlockId, CID_BYTES};
use icn_core::{costs, limits};

use crate::contract::Soft;
use crate::guest::{Answer, Arg, Guest, HostCall, arg, fixed_arg};

fn read_cid(guest: &mut Guest<'_>, cid: Range<usize>) -> Answer<BlockId> {
    let bytes: [u8; CID_BYTES] = guest.fixed(cid)?;
    BlockId::from_bytes(&bytes).map_err(|_| Soft::InvalidArgument.into())
}

/// The range of the parents. A count over the maximum gives a length over the maximum.
fn parents_arg(parents: i32, count: i32) -> Arg {
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(limits::NODE_PARENTS_MAX + 1);
    fixed_arg("parents", parents, count * CID_BYTES)
}

pub(super) fn host_store_node(
    call: HostCall<'_>,
    payload: i32,
    payload_len: i32,
    parents: i32,
    count: i32,
    out: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::NODE_FUEL)?;
    let (payload, parents) = (arg("payload", payload, payload_len), parents_arg(parents, count));
    let out = fixed_arg("out", out, CID_BYTES);
    guest.require(Capability::Dag)?;
    let [payload, parents, out] = guest.inspect([
        payload.at_most(limits::NODE_BYTES_MAX, costs::KEPT_BYTE_FUEL),
        parents.at_most(limits::NODE_PARENTS_MAX * CID_BYTES, costs::KEPT_BYTE_FUEL),
        out.buffer(),
    ])?;
    let payload = guest.bytes(payload)?;
    let bytes = guest.bytes(parents)?;
    let parents = bytes
        .chunks_exact(CID_BYTES)
        .map(BlockId::from_bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| Soft::InvalidArgument)?;
    let context = guest.context();
    if parents.iter().any(|parent| context.node(parent).is_none()) {
        return Err(Soft::Conflict.into());
    }
    let node = Node { typ: NodeTag, scope: context.scope(), module: context.call.module, parents, payload };
    let block = Block::encode(&node);
    let id = block.id();
    if context.node(&id).is_none() {
        if context.stage.nodes.len() >= limits::NODES_MAX {
            return Err(Soft::Limit.into());
        }
        context.stage.nodes.push(block);
    }
    guest.put(out, id.as_bytes())?;
    Ok(0)
}

pub(super) fn host_get_node(call: HostCall<'_>, cid: i32, out: i32, cap: i32) -> Answer<u32> {
    let mut guest = call.enter(costs::NODE_FUEL)?;
    let (cid, out) = (fixed_arg("cid", cid, CID_BYTES), arg("out", out, cap));
    guest.require(Capability::Dag)?;
    let [cid, range] = guest.inspect([cid.at_most(CID_BYTES, costs::BYTE_FUEL), out.buffer()])?;
    let id = read_cid(&mut guest, cid)?;
    // The whole block is searched for the payload, whatever the buffer is, so the whole block is paid for first.
    let bytes = guest.context().node(&id).ok_or(Soft::NotFound)?.bytes().len();
    guest.charge(bytes as u64 * costs::BYTE_FUEL)?;
    let payload = guest.context().node(&id).and_then(|node| Node::payload_range(node.bytes()));
    let payload = payload.ok_or(Soft::NotFound)?;
    guest.give(range, |context| {
        context.node(&id).and_then(|node| node.bytes().get(payload.clone())).ok_or(Soft::NotFound.into())
    })
}

pub(super) fn host_contains_node(call: HostCall<'_>, cid: i32) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL)?;
    let cid = fixed_arg("cid", cid, CID_BYTES);
    guest.require(Capability::Dag)?;
    let [cid] = guest.inspect([cid.at_most(CID_BYTES, costs::BYTE_FUEL)])?;
    let id = read_cid(&mut guest, cid)?;
    Ok(u32::from(guest.context().node(&id).is_some()))
}

pub(super) fn host_anchor_to_dag(call: HostCall<'_>, cid: i32, topic: i32, topic_len: i32) -> Answer<u32> {
    let mut guest = call.enter(costs::NODE_FUEL)?;
    let (cid, topic) = (fixed_arg("cid", cid, CID_BYTES), arg("topic", topic, topic_len));
    guest.require(Capability::Dag)?;
    let [cid, topic] = guest.inspect([
        cid.at_most(CID_BYTES, costs::BYTE_FUEL),
        topic.at_most(limits::TOPIC_BYTES_MAX, costs::KEPT_BYTE_FUEL),
    ])?;
    let id = read_cid(&mut guest, cid)?;
    let topic = guest.text(topic)?;
    let context = guest.context();
    if context.node(&id).is_none() {
        return Err(Soft::NotFound.into());
    }
    if context.stage.anchors.len() >= limits::ANCHORS_MAX {
        return Err(Soft::Limit.into());
    }
    context.stage.anchors.push(Anchor(id, topic));
    Ok(0)
}
