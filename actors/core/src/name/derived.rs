//! Names that follow from what is recorded: the same texts or blocks, the same name.

use sha2::{Digest, Sha256};

use super::block_id::BlockId;
use super::bytes::{Bytes, HoldId, InvocationId};

/// An id that is a function of some texts: the same texts, the same id, and so at most one application.
/// A client that may be interrupted uses it to submit again without fear.
#[must_use]
pub fn invocation_id(texts: &[&str]) -> InvocationId {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Bytes(id)
}

/// The seed of a run's random bytes, from what is recorded: the invocation and the block before.
#[must_use]
pub fn random_seed(envelope: &BlockId, head: &BlockId) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"icn-runtime/v1/random")
        .chain_update(envelope.as_bytes())
        .chain_update(head.as_bytes())
        .finalize()
        .into()
}

/// The name of a run's hold: of its seed and of how many it had placed before.
#[must_use]
pub fn hold_id(seed: &[u8; 32], index: u64) -> HoldId {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(b"icn-runtime/v1/hold")
        .chain_update(seed)
        .chain_update(index.to_be_bytes())
        .finalize()
        .into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Bytes(id)
}
