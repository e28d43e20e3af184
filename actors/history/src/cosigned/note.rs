//! Reads the cosigned checkpoint, and decides which checkpoint a trust policy relies on.

use std::io::Read as _;
use std::path::Path;

use icn_core::limits;
use icn_core::log::{TrustError, TrustPolicy, Trusted};

use crate::directory::Layout;
use crate::disk;
use crate::error::StoreError;

/// Reads the cosigned checkpoint of a data directory; `None` when there is none. No signature is verified.
pub fn read(data: &Path) -> Result<Option<String>, StoreError> {
    read_note(&Layout::new(data).cosigned())
}

/// Reads a file that should have a signed note; `None` when it does not exist. The text may be anything: who
/// uses it parses it. No more than a note's greatest length is read, and one byte to notice a longer file.
pub(crate) fn read_note(path: &Path) -> Result<Option<String>, StoreError> {
    let Some(file) = disk::open(path)? else { return Ok(None) };
    let mut note = Vec::new();
    let most = limits::NOTE_BYTES_MAX as u64 + 1;
    file.take(most).read_to_end(&mut note).map_err(StoreError::io("reading", path))?;
    // Bytes that are no text are no note either.
    Ok(Some(String::from_utf8_lossy(&note).into_owned()))
}

/// Applies a trust policy to the checkpoints of a log: the newest one, or, when that has too few cosignatures,
/// the cosigned one.
///
/// Format: docs/formats.md, "Cosigned checkpoints".
pub(crate) fn judge(
    policy: &TrustPolicy,
    newest: &str,
    cosigned: Option<&str>,
) -> Result<Trusted, TrustError> {
    match (policy.open(newest), cosigned) {
        (Err(TrustError::Quorum { .. }), Some(cosigned)) => policy.open(cosigned),
        (judged, _) => judged,
    }
}
