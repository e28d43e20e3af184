//! Verifiable credentials and signatures. The issuer is always the scope. A guest names the subject and the claims.
//!
//! Issuing a credential of the type `member` needs the capability `issue:member`, and revoking one needs
//! `revoke:member`. Reading and verifying need no capability.

use alloc::string::String;

pub use crate::abi::CredentialStatus;
use crate::context::{read, text};
use crate::failure::HostError;
use crate::host;
use crate::results::{abort, answer};

const STATUSES: [CredentialStatus; 5] = [
    CredentialStatus::Valid,
    CredentialStatus::Revoked,
    CredentialStatus::Suspended,
    CredentialStatus::Expired,
    CredentialStatus::NotYetValid,
];

/// The host's answer as a status. A number that the ABI does not know ends the call, because a status must not be
/// guessed.
fn status_of(code: i32) -> Result<CredentialStatus, HostError> {
    answer(code)?;
    match STATUSES.into_iter().find(|status| *status as i32 == code) {
        Some(status) => Ok(status),
        None => abort(&alloc::format!("the host answered status {code}, which ABI 1 does not know")),
    }
}

/// Issues a credential about `subject` (a DID) and returns its id.
///
/// `claims` is a JSON object; `valid_until_ms` is in milliseconds since the Unix epoch.
pub fn issue(
    subject: &str,
    credential_type: &str,
    claims: &str,
    valid_until_ms: i64,
) -> Result<String, HostError> {
    let (subject, credential_type) = (subject.as_bytes(), credential_type.as_bytes());
    text(read(|out| {
        host::issue_credential(subject, credential_type, claims.as_bytes(), valid_until_ms, out)
    })?)
}

/// Revokes a credential that this scope issued; [`HostError::Conflict`] when it is revoked already.
pub fn revoke(id: &str, reason: &str) -> Result<(), HostError> {
    answer(host::revoke_credential(id.as_bytes(), reason.as_bytes())).map(drop)
}

/// The status of a credential by its id; [`HostError::NotFound`] when this scope does not know it.
pub fn status(id: &str) -> Result<CredentialStatus, HostError> {
    status_of(host::credential_status(id.as_bytes()))
}

/// Verifies a whole credential of any issuer: proof, issuer, dates, status.
///
/// [`HostError::InvalidSignature`] when the proof does not verify, [`HostError::Denied`] when this scope does not
/// trust the issuer.
pub fn verify(json: &str) -> Result<CredentialStatus, HostError> {
    status_of(host::verify_credential(json.as_bytes()))
}

/// Whether `signature` (Ed25519, strict) is the signature of `did` on `message`.
pub fn verify_signature(did: &str, message: &[u8], signature: &[u8; 64]) -> Result<bool, HostError> {
    answer(host::verify_signature(did.as_bytes(), message, signature)).map(|yes| yes != 0)
}
