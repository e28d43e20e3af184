//! What a witness must be shown to cosign the next checkpoint: the newest checkpoint of a log, and proofs that
//! the log grew from what each witness has seen. Only what the host signed is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use icn_core::log::{KeyKind, ProofError, Prover, VerifierKey, consistency_ranges, leaf_hash};
use icn_core::name::Hash;

use super::error::CosignedError;
use crate::signed_log::SignedLog;

/// The newest signed checkpoint of a data directory, and the key that verifies it.
#[derive(Debug, Clone)]
pub struct Newest {
    /// The checkpoint, as the host issued it.
    pub note: String,
    /// Its size, in leaves.
    pub size: u64,
    /// The log's key.
    pub log: VerifierKey,
}

/// Reads the newest checkpoint, also while a host has the directory open.
pub fn newest(data: &Path) -> Result<Newest, CosignedError> {
    let log = SignedLog::open(data)?;
    let (host, size) = (log.host(), log.checkpoint().size);
    let key = VerifierKey::new(host.log.as_str(), KeyKind::Log, host.host);
    let key = key.ok_or_else(|| CosignedError::Origin(host.log.to_string()))?;
    Ok(Newest { note: log.note().to_owned(), size, log: key })
}

/// Proves for each of these smaller sizes that the tree of `size` leaves begins with the tree of that size. The
/// log is read once for all of them.
pub fn consistency(
    data: &Path,
    olds: &BTreeSet<u64>,
    size: u64,
) -> Result<BTreeMap<u64, Vec<Hash>>, CosignedError> {
    let mut provers = Vec::new();
    for old in olds {
        provers.push((*old, Prover::new(consistency_ranges(*old, size)?)));
    }
    // The proofs for 0 and for the size itself are empty.
    if olds.iter().any(|old| *old != 0 && *old != size) {
        let mut log = SignedLog::open(data)?;
        while let Some((position, entry)) = log.next_entry()? {
            if position >= size {
                break;
            }
            for leaf in &entry.leaves {
                let hash = leaf_hash(leaf.as_bytes());
                provers.iter_mut().for_each(|(_, prover)| prover.push(hash));
            }
        }
    }
    let finish = |(old, prover): (u64, Prover)| {
        let proof = prover.finish().map_err(|missing| ProofError::Range(missing, size))?;
        Ok((old, proof))
    };
    provers.into_iter().map(finish).collect()
}
