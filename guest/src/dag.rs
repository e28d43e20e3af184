//! The scope's history: nodes, each named by the hash of its contents, and anchors. Needs the capability `dag`.

use alloc::vec::Vec;

pub use crate::abi::Cid;
use crate::context::read;
use crate::failure::HostError;
use crate::host;
use crate::results::answer;

/// Stores a node and returns its CID. Every parent must exist in this scope, or be stored by this invocation.
pub fn store(payload: &[u8], parents: &[Cid]) -> Result<Cid, HostError> {
    let mut cid = [0; Cid::BYTES];
    answer(host::store_node(payload, parents, &mut cid))?;
    Ok(Cid::from_bytes(cid))
}

/// The payload of a node of this scope.
pub fn payload(cid: &Cid) -> Result<Vec<u8>, HostError> {
    read(|out| host::get_node(cid.as_bytes(), out))
}

/// Whether this scope has the node.
pub fn contains(cid: &Cid) -> Result<bool, HostError> {
    answer(host::contains_node(cid.as_bytes())).map(|yes| yes != 0)
}

/// Anchors a stored node under a topic. After the commit there is a Merkle proof of it.
pub fn anchor(cid: &Cid, topic: &str) -> Result<(), HostError> {
    answer(host::anchor_to_dag(cid.as_bytes(), topic.as_bytes())).map(drop)
}
