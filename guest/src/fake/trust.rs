//! The calls for credentials and signatures. There is no cryptography here: the test says what verifies.

use std::borrow::ToOwned;
use std::format;

use super::answer::{code, put, text};
use super::world::{Credential, Host, with};
use crate::abi::CredentialStatus;
use crate::failure::HostError;

fn status_code(status: Result<CredentialStatus, HostError>) -> i32 {
    status.map_or_else(HostError::code, |status| status as i32)
}

impl Host {
    fn credential(&mut self, id: &[u8]) -> Result<&mut Credential, HostError> {
        let id = text(id)?;
        self.credentials.iter_mut().find(|credential| credential.id == id).ok_or(HostError::NotFound)
    }
}

pub(crate) fn issue_credential(
    subject: &[u8],
    credential_type: &[u8],
    claims: &[u8],
    valid_until_ms: i64,
    out: &mut [u8],
) -> i32 {
    let issued = with(|host| {
        let (subject, credential_type, claims) = (text(subject)?, text(credential_type)?, text(claims)?);
        host.granted(&format!("issue:{credential_type}"))?;
        // The host parses the claims; the fake only looks at the first and last character.
        // An end of 0 means no end.
        let in_time = valid_until_ms == 0 || valid_until_ms > host.time_ms;
        if !claims.starts_with('{') || !claims.ends_with('}') || !in_time {
            return Err(HostError::InvalidArgument);
        }
        let id = format!("urn:fake:credential:{}", host.credentials.len() + 1);
        if id.len() <= out.len() {
            let (id, suspended, revoked_for) = (id.clone(), false, None);
            host.credentials.push(Credential {
                id,
                subject,
                credential_type,
                claims,
                valid_until_ms,
                suspended,
                revoked_for,
            });
        }
        Ok(id)
    });
    issued.map_or_else(HostError::code, |id| put(id.as_bytes(), out))
}

pub(crate) fn revoke_credential(id: &[u8], reason: &[u8]) -> i32 {
    code(with(|host| {
        let reason = text(reason)?;
        let credential_type = host.credential(id)?.credential_type.clone();
        host.granted(&format!("revoke:{credential_type}"))?;
        let credential = host.credential(id)?;
        if credential.revoked_for.is_some() {
            return Err(HostError::Conflict);
        }
        credential.revoked_for = Some(reason);
        Ok(())
    }))
}

pub(crate) fn credential_status(id: &[u8]) -> i32 {
    status_code(with(|host| {
        let now = host.time_ms;
        host.credential(id).map(|credential| match credential {
            Credential { revoked_for: Some(_), .. } => CredentialStatus::Revoked,
            Credential { valid_until_ms: 1.., .. } if credential.valid_until_ms <= now => {
                CredentialStatus::Expired
            }
            Credential { suspended: true, .. } => CredentialStatus::Suspended,
            _ => CredentialStatus::Valid,
        })
    }))
}

pub(crate) fn verify_credential(json: &[u8]) -> i32 {
    status_code(with(|host| {
        let answer = host.verified.get(&text(json)?).copied();
        answer.unwrap_or(Err(HostError::InvalidSignature))
    }))
}

pub(crate) fn verify_signature(did: &[u8], message: &[u8], signature: &[u8; 64]) -> i32 {
    let known = text(did).map(|did| {
        let signed = (did, message.to_owned(), *signature);
        with(|host| i32::from(host.signatures.contains(&signed)))
    });
    known.unwrap_or_else(HostError::code)
}
