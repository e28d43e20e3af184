//! Removes a request, together with the votes on it: it was decided, or whoever asked took it back.

use icn_guest::Failure;

use crate::decide::{ADMIT, REFUSE, forget};

/// The beginning of the keys of requests.
pub const REQUEST: &[u8] = b"r/";

/// Removes the request of this DID and its votes.
pub fn retract(did: &str) -> Result<(), Failure> {
    for prefix in [REQUEST, ADMIT, REFUSE] {
        forget(prefix, did)?;
    }
    Ok(())
}
