//! The first entry of a log: the block in which the host says who it is and how the log is called. It is the
//! root of what a log proves: its checkpoints are verified with the key that stands there.

use icn_core::block::{Entry, HostBlock};
use icn_core::encode::{DecodeError, Domain, Envelope};
use icn_core::name::BlockId;

/// The host's block of a log's first entry, if the host signed it; an error says what is wrong with the entry.
pub(crate) fn host_of(entry: &Entry) -> Result<HostBlock, String> {
    let block = |id: &BlockId| entry.block(id).ok_or_else(|| format!("its block {id} is missing"));
    let first = entry.leaves.first().ok_or("it has no leaf")?;
    let envelope = Envelope::from_bytes(block(first)?.bytes()).map_err(|error| error.to_string())?;
    let payload = block(&envelope.payload())?;
    let host = HostBlock::from_bytes(payload.bytes()).map_err(|error: DecodeError| error.to_string())?;
    if envelope.is_by(&host.host, Domain::Host, payload) {
        return Ok(host);
    }
    Err(format!("{} did not sign it", host.host))
}
