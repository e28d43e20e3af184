//! What this runtime writes, which is less than dag-cbor allows.

use super::error::{CborError, CborFlaw};
use super::scan::scan;
use crate::limits;
use crate::name::BlockId;

/// Checks that bytes could be a block of this runtime, and lists the blocks that they link.
///
/// Format: docs/formats.md, "Blocks and CIDs".
///
/// # Errors
/// The first fault, with its offset.
pub fn strict(bytes: &[u8]) -> Result<Vec<BlockId>, CborError> {
    if bytes.len() > limits::BLOCK_BYTES_MAX {
        return Err(CborError { offset: 0, why: CborFlaw::Size(limits::BLOCK_BYTES_MAX) });
    }
    let scan = scan(bytes, limits::BLOCK_DEPTH_MAX)?;
    if let Some(offset) = scan.float {
        return Err(CborError { offset, why: CborFlaw::Float });
    }
    let ours = |cid: &&[u8]| {
        BlockId::from_bytes(cid).map_err(|why| CborError {
            offset: (cid.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize),
            why: CborFlaw::ForeignLink(why),
        })
    };
    scan.links.iter().map(ours).collect()
}
