//! Verifying signatures: strict Ed25519, as everywhere in the runtime.

use icn_core::name::Did;
use icn_core::{costs, encode, limits};

use crate::contract::Soft;
use crate::guest::{Answer, HostCall, arg, fixed_arg};

/// Bytes of an Ed25519 signature.
const SIGNATURE_BYTES: usize = 64;

pub(super) fn host_verify_signature(
    call: HostCall<'_>,
    did: i32,
    did_len: i32,
    message: i32,
    message_len: i32,
    signature: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::SIGNATURE_FUEL)?;
    let (did, message) = (arg("did", did, did_len), arg("message", message, message_len));
    let signature = fixed_arg("signature", signature, SIGNATURE_BYTES);
    let [did, message, signature] = guest.inspect([
        did.at_most(limits::NAME_BYTES_MAX, costs::BYTE_FUEL),
        message.at_most(limits::MESSAGE_BYTES_MAX, costs::MESSAGE_BYTE_FUEL),
        signature.at_most(SIGNATURE_BYTES, costs::BYTE_FUEL),
    ])?;
    let did = Did::parse(&guest.text(did)?).map_err(|_| Soft::InvalidArgument)?;
    let message = guest.bytes(message)?;
    let signature: [u8; SIGNATURE_BYTES] = guest.fixed(signature)?;
    Ok(u32::from(encode::verify_raw(&did, &message, &signature)))
}
