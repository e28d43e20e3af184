//! Context and text: input, output, who calls, when, random bytes, log, abort.

use icn_core::block::TrapKind;
use icn_core::{costs, limits};
use sha2::{Digest, Sha256};
use wasmtime::{Caller, Linker};

use crate::contract::Soft;
use crate::guest::{Answer, Context, Guest, Stop, answer, answer_long, arg, stop};

pub(super) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    linker.func_wrap("icn", "host_get_input", |caller: Caller<'_, Context>, out: i32, cap: i32| {
        answer(give(caller, "host_get_input", out, cap, |context| Ok(&context.call.input)))
    })?;
    linker.func_wrap("icn", "host_set_output", |caller: Caller<'_, Context>, ptr: i32, len: i32| {
        answer(set_output(caller, ptr, len))
    })?;
    linker.func_wrap("icn", "host_get_caller_did", |caller: Caller<'_, Context>, out: i32, cap: i32| {
        answer(give(caller, "host_get_caller_did", out, cap, |context| {
            Ok(context.call.caller.as_str().as_bytes())
        }))
    })?;
    linker.func_wrap("icn", "host_get_scope_did", |caller: Caller<'_, Context>, out: i32, cap: i32| {
        answer(give(caller, "host_get_scope_did", out, cap, |context| {
            Ok(context.call.policy.policy().scope.as_str().as_bytes())
        }))
    })?;
    linker.func_wrap("icn", "host_get_time", |caller: Caller<'_, Context>| {
        answer_long(Guest::enter(caller, "host_get_time", 0).and_then(|mut guest| {
            i64::try_from(guest.context().call.time).map_err(|_| Soft::InvalidArgument.into())
        }))
    })?;
    linker.func_wrap("icn", "host_get_random", |caller: Caller<'_, Context>, out: i32, len: i32| {
        answer(get_random(caller, out, len))
    })?;
    linker.func_wrap("icn", "host_log", |caller: Caller<'_, Context>, level: i32, ptr: i32, len: i32| {
        answer(log(caller, level, ptr, len))
    })?;
    linker.func_wrap(
        "icn",
        "host_abort",
        |caller: Caller<'_, Context>, ptr: i32, len: i32| -> wasmtime::Result<()> {
            match abort(caller, ptr, len) {
                Ok(message) => Err(stop(TrapKind::Aborted, message)),
                Err(Stop::Hard(error)) => Err(error),
                Err(Stop::Soft(_)) => Err(stop(TrapKind::Aborted, String::new())),
            }
        },
    )?;
    Ok(())
}

fn give(
    caller: Caller<'_, Context>,
    function: &'static str,
    out: i32,
    cap: i32,
    find: impl Fn(&Context) -> Answer<&[u8]>,
) -> Answer<u32> {
    let mut guest = Guest::enter(caller, function, 0)?;
    let [out] = guest.inspect([arg("out", out, cap).buffer()])?;
    guest.give(out, find)
}

fn set_output(caller: Caller<'_, Context>, ptr: i32, len: i32) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_set_output", 0)?;
    let output = arg("ptr", ptr, len).at_most(limits::OUTPUT_BYTES_MAX, costs::KEPT_BYTE_FUEL);
    let [output] = guest.inspect([output])?;
    let output = guest.bytes(output)?;
    guest.context().stage.output = output;
    Ok(0)
}

/// SHA-256(seed ‖ block number), block after block: the same bytes at replay.
fn get_random(caller: Caller<'_, Context>, out: i32, len: i32) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_get_random", 0)?;
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

fn log(caller: Caller<'_, Context>, level: i32, ptr: i32, len: i32) -> Answer<u32> {
    let mut guest = Guest::enter(caller, "host_log", 0)?;
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

/// The message, UTF-8 lossy, cut at its maximum.
fn abort(caller: Caller<'_, Context>, ptr: i32, len: i32) -> Answer<String> {
    let mut guest = Guest::enter(caller, "host_abort", 0)?;
    let whole = arg("ptr", ptr, len);
    let cut = usize::try_from(whole.len).unwrap_or(usize::MAX).min(limits::ABORT_TEXT_BYTES_MAX);
    guest.charge(cut as u64 * costs::KEPT_BYTE_FUEL)?;
    let range = guest.bounds(whole)?;
    let bytes = guest.bytes(range.start..range.start + cut)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
