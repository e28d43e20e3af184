//! Context and text: input, output, the caller, the time, random bytes, log lines, abort.
//!
//! All of it is decided by the call, so it is the same when the invocation runs again. A log line has no effect but
//! its digest in the receipt.
//!
//! Format: docs/formats.md, "Derived values".

use std::convert::Infallible;

use icn_core::block::TrapKind;
use icn_core::{costs, limits};
use sha2::{Digest, Sha256};

use crate::contract::Soft;
use crate::guest::{Answer, Context, HostCall, Stop, arg, stop};

pub(super) fn host_get_input(call: HostCall<'_>, out: i32, cap: i32) -> Answer<u32> {
    give(call, out, cap, |context| &context.call.input)
}

pub(super) fn host_get_caller_did(call: HostCall<'_>, out: i32, cap: i32) -> Answer<u32> {
    give(call, out, cap, |context| context.call.caller.as_str().as_bytes())
}

pub(super) fn host_get_scope_did(call: HostCall<'_>, out: i32, cap: i32) -> Answer<u32> {
    give(call, out, cap, |context| context.call.policy.policy().scope.as_str().as_bytes())
}

/// Gives bytes that are there whatever the guest asks.
fn give(call: HostCall<'_>, out: i32, cap: i32, find: impl Fn(&Context) -> &[u8]) -> Answer<u32> {
    let mut guest = call.enter(0)?;
    let [out] = guest.inspect([arg("out", out, cap).buffer()])?;
    guest.give(out, |context| Ok(find(context)))
}

pub(super) fn host_get_time(call: HostCall<'_>) -> Answer<i64> {
    let mut guest = call.enter(0)?;
    i64::try_from(guest.context().call.time).map_err(|_| Soft::InvalidArgument.into())
}

pub(super) fn host_set_output(call: HostCall<'_>, ptr: i32, len: i32) -> Answer<u32> {
    let mut guest = call.enter(0)?;
    let output = arg("ptr", ptr, len).at_most(limits::OUTPUT_BYTES_MAX, costs::KEPT_BYTE_FUEL);
    let [output] = guest.inspect([output])?;
    let output = guest.bytes(output)?;
    guest.context().stage.output = output;
    Ok(0)
}

/// Random bytes: SHA-256(seed ‖ number of the block), block after block, each number used once. They are the same
/// when the invocation runs again.
pub(super) fn host_get_random(call: HostCall<'_>, out: i32, len: i32) -> Answer<u32> {
    let mut guest = call.enter(0)?;
    let out = arg("out", out, len);
    let [range] = guest.inspect([out.at_most(limits::RANDOM_BYTES_MAX, costs::BYTE_FUEL)])?;
    guest.charge(u64::from(out.len.div_ceil(32)) * costs::RANDOM_BLOCK_FUEL)?;
    let (bytes, context) = guest.view(range)?;
    for chunk in bytes.chunks_mut(32) {
        let block = Sha256::new()
            .chain_update(context.call.seed)
            .chain_update(context.random_given.to_be_bytes())
            .finalize();
        context.random_given += 1;
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    Ok(out.len)
}

pub(super) fn host_log(call: HostCall<'_>, level: i32, ptr: i32, len: i32) -> Answer<u32> {
    let mut guest = call.enter(0)?;
    let text = arg("ptr", ptr, len).at_most(limits::LOG_TEXT_BYTES_MAX, costs::KEPT_BYTE_FUEL);
    let [text] = guest.inspect([text])?;
    let level = u8::try_from(level).ok().filter(|level| *level <= 4).ok_or(Soft::InvalidArgument)?;
    let text = guest.text(text)?;
    let context = guest.context();
    if context.stage.log_lines >= limits::LOG_LINES_MAX {
        return Err(Soft::Limit.into());
    }
    context.stage.log_lines += 1;
    let digest = context.stage.log.get_or_insert_default();
    digest.update([level]);
    digest.update((text.len() as u64).to_be_bytes());
    digest.update(&text);
    if let Some(recorder) = &context.call.recorder {
        recorder.line(level, &text);
    }
    let (scope, module) = (context.scope(), context.call.module);
    match level {
        0 => tracing::trace!(target: "icn::guest", %scope, %module, "{text}"),
        1 => tracing::debug!(target: "icn::guest", %scope, %module, "{text}"),
        2 => tracing::info!(target: "icn::guest", %scope, %module, "{text}"),
        3 => tracing::warn!(target: "icn::guest", %scope, %module, "{text}"),
        _ => tracing::error!(target: "icn::guest", %scope, %module, "{text}"),
    }
    Ok(0)
}

/// Ends the run with the guest's message. A message that cannot be taken as one is left out.
pub(super) fn host_abort(call: HostCall<'_>, ptr: i32, len: i32) -> Answer<Infallible> {
    let message = match abort_message(call, ptr, len) {
        Ok(message) => message,
        Err(Stop::Soft(_)) => String::new(),
        Err(hard) => return Err(hard),
    };
    Err(Stop::Hard(stop(TrapKind::Aborted, message)))
}

/// The message as text, cut at its maximum; bytes that are not UTF-8 are replaced.
fn abort_message(call: HostCall<'_>, ptr: i32, len: i32) -> Answer<String> {
    let mut guest = call.enter(0)?;
    let whole = arg("ptr", ptr, len);
    let cut = usize::try_from(whole.len).unwrap_or(usize::MAX).min(limits::ABORT_TEXT_BYTES_MAX);
    guest.charge(cut as u64 * costs::KEPT_BYTE_FUEL)?;
    let range = guest.bounds(whole)?;
    let bytes = guest.bytes(range.start..range.start + cut)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
