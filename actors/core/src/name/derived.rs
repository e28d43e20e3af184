//! Names derived from recorded data. The same texts or blocks give the same name, so an auditor derives them again.

use sha2::{Digest, Sha256};

use super::block_id::BlockId;
use super::bytes::{Bytes, HoldId, InvocationId};

/// Derives an invocation's id from some texts. The same texts give the same id, so the invocation applies at most
/// once. A client that may be interrupted uses this to submit again safely.
#[must_use]
pub fn invocation_id(texts: &[&str]) -> InvocationId {
    let mut digest = Sha256::new();
    for text in texts {
        // The length in front keeps `["a", "b"]` and `["ab"]` apart.
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Bytes(id)
}

/// Derives the seed of a run's random bytes from the invocation's envelope and the scope's block before it, both of
/// which are recorded.
///
/// Format: docs/formats.md, "Derived values".
#[must_use]
pub fn random_seed(envelope: &BlockId, head: &BlockId) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"icn-runtime/v1/random")
        .chain_update(envelope.as_bytes())
        .chain_update(head.as_bytes())
        .finalize()
        .into()
}

/// Derives the name of a hold from the run's seed and the number of holds that the run placed before.
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
