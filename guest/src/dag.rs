//! The scope's history: nodes, named by the hash of what they say, and anchors; needs the capability `dag`.

use alloc::vec::Vec;

use crate::context::read;
use crate::failure::answer;
use crate::{HostError, host};

/// The name of a node: the 36 bytes of a CIDv1, sha2-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Cid([u8; Cid::BYTES]);

impl Cid {
    /// How many bytes a CID has.
    pub const BYTES: usize = 36;

    /// A CID from its bytes. The host refuses one that is malformed, at the call that uses it.
    pub const fn from_bytes(bytes: [u8; Cid::BYTES]) -> Cid {
        Cid(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Cid::BYTES] {
        &self.0
    }
}

/// Stores a node and answers its CID. Every parent must exist in this scope, or be stored by this invocation.
pub fn store(payload: &[u8], parents: &[Cid]) -> Result<Cid, HostError> {
    let mut cid = [0; Cid::BYTES];
    answer(host::store_node(payload, parents, &mut cid))?;
    Ok(Cid(cid))
}

/// The payload of a node of this scope.
pub fn payload(cid: &Cid) -> Result<Vec<u8>, HostError> {
    read(|out| host::get_node(&cid.0, out))
}

/// Whether this scope has the node.
pub fn contains(cid: &Cid) -> Result<bool, HostError> {
    answer(host::contains_node(&cid.0)).map(|yes| yes != 0)
}

/// Anchors a stored node under a topic: after commit it has a Merkle proof.
pub fn anchor(cid: &Cid, topic: &str) -> Result<(), HostError> {
    answer(host::anchor_to_dag(&cid.0, topic.as_bytes())).map(drop)
}
