//! Credentials. Everything up to the decision is here: charges, capabilities, lengths, bounds, meaning. The
//! decision is no, because no authority issues credentials for a scope yet: none is issued, so none is found,
//! and no issuer is trusted.

use icn_core::block::{Capability, CredentialType};
use icn_core::name::Did;
use icn_core::{costs, limits};
use wasmtime::{Caller, Linker};

use super::json;
use crate::contract::Soft;
use crate::guest::{Answer, Arg, Context, Guest, answer, arg};

pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    linker.func_wrap(
        "icn",
        "host_issue_credential",
        |caller: Caller<'_, Context>,
         subject: i32,
         subject_len: i32,
         kind: i32,
         kind_len: i32,
         claims: i32,
         claims_len: i32,
         valid_until: i64,
         out: i32,
         cap: i32| {
            let (subject, kind) = (arg("subject", subject, subject_len), arg("type", kind, kind_len));
            let (claims, out) = (arg("claims", claims, claims_len), arg("out", out, cap));
            answer(issue(caller, subject, kind, claims, valid_until, out))
        },
    )?;
    linker.func_wrap(
        "icn",
        "host_revoke_credential",
        |caller: Caller<'_, Context>, id: i32, id_len: i32, reason: i32, reason_len: i32| {
            answer(revoke(caller, arg("id", id, id_len), arg("reason", reason, reason_len)))
        },
    )?;
    linker.func_wrap(
        "icn",
        "host_credential_status",
        |caller: Caller<'_, Context>, id: i32, id_len: i32| answer(status(caller, arg("id", id, id_len))),
    )?;
    linker.func_wrap(
        "icn",
        "host_verify_credential",
        |caller: Caller<'_, Context>, json: i32, json_len: i32| {
            answer(verify(caller, arg("json", json, json_len)))
        },
    )?;
    Ok(())
}

fn issue(
    caller: Caller<'_, Context>,
    subject: Arg,
    kind: Arg,
    claims: Arg,
    valid_until: i64,
    out: Arg,
) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_issue_credential", costs::STATE_FUEL)?;
    // Of which type is not known before its text is read.
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
    // 0: without an end.
    if valid_until != 0 && valid_until <= guest.context().call.time {
        return Err(Soft::InvalidArgument.into());
    }
    guest.require(Capability::Issue(kind))?;
    Err(Soft::Denied.into())
}

fn revoke(caller: Caller<'_, Context>, id: Arg, reason: Arg) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_revoke_credential", costs::STATE_FUEL)?;
    guest.require_some(|capability| matches!(capability, Capability::Revoke(_)))?;
    let [id, reason] = guest.inspect([
        id.at_most(limits::CREDENTIAL_ID_BYTES_MAX, costs::BYTE_FUEL),
        reason.at_most(limits::REASON_BYTES_MAX, costs::KEPT_BYTE_FUEL),
    ])?;
    guest.text(id)?;
    guest.text(reason)?;
    Err(Soft::Denied.into())
}

fn status(caller: Caller<'_, Context>, id: Arg) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_credential_status", costs::STATE_FUEL)?;
    let [id] = guest.inspect([id.at_most(limits::CREDENTIAL_ID_BYTES_MAX, costs::BYTE_FUEL)])?;
    guest.text(id)?;
    Err(Soft::NotFound.into())
}

fn verify(caller: Caller<'_, Context>, json: Arg) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_verify_credential", costs::STATE_FUEL)?;
    let [json] = guest.inspect([json.at_most(limits::CREDENTIAL_BYTES_MAX, costs::JSON_BYTE_FUEL)])?;
    json::check_object(&guest.text(json)?).map_err(|_| Soft::InvalidArgument)?;
    Err(Soft::Denied.into())
}
