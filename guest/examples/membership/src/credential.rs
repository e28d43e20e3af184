//! The credential `member`. A host that answers `DENIED` has no credentials for this guest; then members have none.
//! See the crate's documentation.

use alloc::format;
use alloc::string::String;
use icn_guest::{Failure, HostError, credential};

/// The type of the credential, which the capabilities `issue:member` and `revoke:member` name too.
pub const TYPE: &str = "member";
/// How long it is valid.
pub const VALID_MS: i64 = 365 * 24 * 60 * 60 * 1000;

/// Issues it and returns its id, or an empty id when there are no credentials.
pub fn issue(member: &str, since_ms: i64) -> Result<String, Failure> {
    let claims = format!("{{\"since\":{since_ms}}}");
    match credential::issue(member, TYPE, &claims, since_ms.saturating_add(VALID_MS)) {
        Err(HostError::Denied) => Ok(String::new()),
        other => other.map_err(|error| error.while_doing("issuing the credential of a member")),
    }
}

/// Revokes it, if one was issued.
pub fn revoke(id: &str, reason: &str) -> Result<(), Failure> {
    if id.is_empty() {
        return Ok(());
    }
    match credential::revoke(id, reason) {
        Err(HostError::Denied) => Ok(()),
        other => other.map_err(|error| error.while_doing("revoking the credential of a member")),
    }
}
