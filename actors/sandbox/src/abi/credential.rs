//! Credentials: everything up to the decision, which is always no.
//!
//! Charges, capabilities, lengths, bounds and decoding are as in every other call. No authority issues credentials
//! for a scope yet. So none is issued or revoked, none is found, and no issuer is trusted.

use icn_core::block::{Capability, CredentialType};
use icn_core::name::Did;
use icn_core::{costs, limits};

use super::json;
use crate::contract::Soft;
use crate::guest::{Answer, HostCall, arg};

#[expect(clippy::too_many_arguments, reason = "the parameters of the host function, as the table lists them")]
pub(super) fn host_issue_credential(
    call: HostCall<'_>,
    subject: i32,
    subject_len: i32,
    kind: i32,
    kind_len: i32,
    claims: i32,
    claims_len: i32,
    valid_until: i64,
    out: i32,
    cap: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL)?;
    let (subject, kind) = (arg("subject", subject, subject_len), arg("type", kind, kind_len));
    let (claims, out) = (arg("claims", claims, claims_len), arg("out", out, cap));
    // The type is known only when its text has been read.
    guest.require_some(|capability| matches!(capability, Capability::Issue(_)))?;
    let [subject, kind, claims, _] = guest.inspect([
        subject.at_most(limits::NAME_BYTES_MAX, costs::BYTE_FUEL),
        kind.at_most(limits::CREDENTIAL_TYPE_BYTES_MAX, costs::BYTE_FUEL),
        claims.at_most(limits::CLAIMS_BYTES_MAX, costs::JSON_BYTE_FUEL),
        out.buffer(),
    ])?;
    Did::parse(&guest.text(subject)?).map_err(|_| Soft::InvalidArgument)?;
    let kind = CredentialType::parse(&guest.text(kind)?).map_err(|_| Soft::InvalidArgument)?;
    json::check_object(&guest.text(claims)?).map_err(|_| Soft::InvalidArgument)?;
    let valid_until = u64::try_from(valid_until).map_err(|_| Soft::InvalidArgument)?;
    // Zero means that the credential does not end.
    if valid_until != 0 && valid_until <= guest.context().call.time {
        return Err(Soft::InvalidArgument.into());
    }
    guest.require(Capability::Issue(kind))?;
    Err(Soft::Denied.into())
}

pub(super) fn host_revoke_credential(
    call: HostCall<'_>,
    id: i32,
    id_len: i32,
    reason: i32,
    reason_len: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL)?;
    let (id, reason) = (arg("id", id, id_len), arg("reason", reason, reason_len));
    guest.require_some(|capability| matches!(capability, Capability::Revoke(_)))?;
    let [id, reason] = guest.inspect([
        id.at_most(limits::CREDENTIAL_ID_BYTES_MAX, costs::BYTE_FUEL),
        reason.at_most(limits::REASON_BYTES_MAX, costs::KEPT_BYTE_FUEL),
    ])?;
    guest.text(id)?;
    guest.text(reason)?;
    Err(Soft::Denied.into())
}

pub(super) fn host_credential_status(call: HostCall<'_>, id: i32, id_len: i32) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL)?;
    let id = arg("id", id, id_len);
    let [id] = guest.inspect([id.at_most(limits::CREDENTIAL_ID_BYTES_MAX, costs::BYTE_FUEL)])?;
    guest.text(id)?;
    Err(Soft::NotFound.into())
}

pub(super) fn host_verify_credential(call: HostCall<'_>, json: i32, json_len: i32) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL)?;
    let json = arg("json", json, json_len);
    let [json] = guest.inspect([json.at_most(limits::CREDENTIAL_BYTES_MAX, costs::JSON_BYTE_FUEL)])?;
    json::check_object(&guest.text(json)?).map_err(|_| Soft::InvalidArgument)?;
    Err(Soft::Denied.into())
}
