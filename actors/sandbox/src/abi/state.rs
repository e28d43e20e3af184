//! State: the values of this module in this scope. Writes are staged over the state before the run.
//!
//! A guest sees its own writes. A write that is refused leaves the stage as it was.

use std::ops::Bound;

use icn_core::block::Capability;
use icn_core::state::storage_bytes;
use icn_core::{costs, limits};

use crate::contract::Soft;
use crate::guest::{Answer, Arg, BoundedArg, Context, Guest, HostCall, arg};

/// A key that is read and not kept, with its greatest length and its price.
const fn bounded_key(key: Arg) -> BoundedArg {
    key.at_most(limits::KEY_BYTES_MAX, costs::BYTE_FUEL)
}

pub(super) fn host_get_value(call: HostCall<'_>, key: i32, key_len: i32, out: i32, cap: i32) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL)?;
    let (key, out) = (arg("key", key, key_len), arg("out", out, cap));
    guest.require(Capability::State)?;
    let [key, out] = guest.inspect([bounded_key(key), out.buffer()])?;
    let key = guest.bytes(key)?;
    guest.give(out, |context| context.value(&key).ok_or(Soft::NotFound.into()))
}

pub(super) fn host_set_value(
    call: HostCall<'_>,
    key: i32,
    key_len: i32,
    value: i32,
    value_len: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL + costs::WRITE_FUEL)?;
    let (key, value) = (arg("key", key, key_len), arg("value", value, value_len));
    guest.require(Capability::State)?;
    let [key, value] = guest.inspect([
        key.at_most(limits::KEY_BYTES_MAX, costs::KEPT_BYTE_FUEL),
        value.at_most(limits::VALUE_BYTES_MAX, costs::KEPT_BYTE_FUEL),
    ])?;
    if key.is_empty() {
        return Err(Soft::InvalidArgument.into());
    }
    let (key, value) = (guest.bytes(key)?, guest.bytes(value)?);
    stage(guest.context(), key, Some(value))
}

pub(super) fn host_delete_value(call: HostCall<'_>, key: i32, key_len: i32) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL + costs::WRITE_FUEL)?;
    let key = arg("key", key, key_len);
    guest.require(Capability::State)?;
    let [key] = guest.inspect([bounded_key(key)])?;
    let key = guest.bytes(key)?;
    if guest.context().value(&key).is_none() {
        return Err(Soft::NotFound.into());
    }
    stage(guest.context(), key, None)
}

/// Stages a write, or refuses it.
fn stage(context: &mut Context, key: Vec<u8>, value: Option<Vec<u8>>) -> Answer<u32> {
    let more = storage_bytes(&key, value.as_deref()) - storage_bytes(&key, context.value(&key));
    if more > context.storage_remaining() {
        return Err(Soft::Exhausted.into());
    }
    let stage = &mut context.stage;
    let staged = stage.writes.get(&key).map(|before| key.len() + before.as_ref().map_or(0, Vec::len));
    let write_bytes =
        stage.write_bytes - staged.unwrap_or(0) + key.len() + value.as_ref().map_or(0, Vec::len);
    if (staged.is_none() && stage.writes.len() >= limits::WRITES_MAX)
        || write_bytes > limits::WRITE_SET_BYTES_MAX
    {
        return Err(Soft::Limit.into());
    }
    let unchanged = staged.is_none()
        && context.call.state.get(&context.call.module, &key).map(|v| &**v) == value.as_deref();
    if !unchanged {
        let stage = &mut context.stage;
        stage.write_bytes = write_bytes;
        stage.storage += more;
        stage.writes.insert(key, value);
        assert!(stage.writes.len() <= limits::WRITES_MAX, "no more writes than are allowed");
        assert!(stage.write_bytes <= limits::WRITE_SET_BYTES_MAX, "no larger write set than is allowed");
    }
    Ok(0)
}

pub(super) fn host_scan_keys(
    call: HostCall<'_>,
    prefix: i32,
    prefix_len: i32,
    after: i32,
    after_len: i32,
    out: i32,
    cap: i32,
) -> Answer<u32> {
    let mut guest = call.enter(costs::STATE_FUEL)?;
    let (prefix, after) = (arg("prefix", prefix, prefix_len), arg("after", after, after_len));
    let out = arg("out", out, cap);
    guest.require(Capability::State)?;
    let [prefix, after, out] = guest.inspect([bounded_key(prefix), bounded_key(after), out.buffer()])?;
    let (prefix, after) = (guest.bytes(prefix)?, guest.bytes(after)?);
    let key = next_key(&mut guest, &prefix, &after)?.ok_or(Soft::NotFound)?;
    guest.give_bytes(out, &key)
}

/// The first key after `after` with this prefix, with the staged writes applied. Each staged deletion that is
/// passed over is charged before the next key is looked for.
fn next_key(guest: &mut Guest<'_>, prefix: &[u8], after: &[u8]) -> Answer<Option<Vec<u8>>> {
    let mut last = after.to_vec();
    loop {
        let context = guest.context();
        let stored = context.call.state.next_key(&context.call.module, prefix, &last);
        let (key, deleted) = match (next_staged(context, prefix, &last), stored) {
            (Some((staged, deleted)), stored) if stored.is_none_or(|stored| staged <= stored) => {
                (staged, deleted)
            }
            (_, Some(stored)) => (stored, false),
            (_, None) => return Ok(None),
        };
        if !deleted {
            return Ok(Some(key.to_vec()));
        }
        last = key.to_vec();
        guest.charge(costs::SCAN_STEP_FUEL)?;
    }
}

/// The first staged key after `after`, and whether it is deleted.
fn next_staged<'a>(context: &'a Context, prefix: &[u8], after: &[u8]) -> Option<(&'a [u8], bool)> {
    let from =
        if after.is_empty() || after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
    let (key, value) = context.stage.writes.range::<[u8], _>((from, Bound::Unbounded)).next()?;
    key.starts_with(prefix).then(|| (key.as_slice(), value.is_none()))
}
