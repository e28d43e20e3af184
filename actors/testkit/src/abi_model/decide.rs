//! What a call with sound arguments comes to.

use super::money;

use icn_core::block::{Node, NodeTag};
use icn_core::encode::Block;
use icn_core::name::{BlockId, Hash};
use icn_core::{costs, limits};

use super::call::{Call, Meter, Said, Stop, does, says};
use super::code;
use super::effect::{Effect, KnownNode, Trap};
use super::spelling::{did, owner};

pub(super) fn decide(call: &Call<'_>, meter: &mut Meter) -> Result<Said, Stop> {
    let world = call.world;
    match call.function.name {
        "host_get_input" => call.give(meter, &world.input),
        "host_set_output" => Ok(does(Effect::Output(call.bytes("ptr").to_vec()))),
        "host_get_caller_did" => call.give(meter, world.caller.as_str().as_bytes()),
        "host_get_scope_did" => call.give(meter, world.scope.as_str().as_bytes()),
        "host_get_time" => Ok(says(world.time_ms as i64)),
        "host_get_random" => {
            let (at, length) = call.place("out");
            meter.charge(length.div_ceil(32) as u64 * costs::RANDOM_BLOCK_FUEL)?;
            let written = Some((at, random(&world.seed, world.done.random_blocks, length)));
            let effect = Effect::Random(length.div_ceil(32) as u64);
            Ok(Said { answer: length as i64, written, effect })
        }
        "host_log" if world.done.lines >= limits::LOG_LINES_MAX => Err(code::LIMIT.into()),
        "host_log" => Ok(does(Effect::Line(call.number("level") as u8, call.bytes("ptr").to_vec()))),
        "host_abort" => {
            let whole = call.bytes("ptr");
            let cut = &whole[..whole.len().min(limits::ABORT_TEXT_BYTES_MAX)];
            Err(Stop::Trap(Trap::Aborted(String::from_utf8_lossy(cut).into_owned())))
        }
        "host_check_resource_authorization" => {
            let left = money::left(call, meter)?;
            Ok(says(i64::from(i128::from(call.number("amount")) <= left)))
        }
        "host_get_resource_remaining" => Ok(says(money::left(call, meter)? as i64)),
        "host_record_resource_usage" => money::record(call, meter),
        "host_get_balance" => {
            Ok(says(money::balance(world, call.bytes("unit"), owner(call.bytes("owner"))) as i64))
        }
        "host_transfer" | "host_hold" | "host_mint" | "host_burn" => money::transfer(call),
        "host_settle_hold" | "host_void_hold" => money::close(call),
        "host_get_value" => call.give(meter, world.values.get(call.bytes("key")).ok_or(code::NOT_FOUND)?),
        "host_set_value" => change(call, Some(call.bytes("value"))),
        "host_delete_value" if !world.values.contains_key(call.bytes("key")) => Err(code::NOT_FOUND.into()),
        "host_delete_value" => change(call, None),
        "host_scan_keys" => scan(call, meter),
        "host_store_node" => store(call),
        "host_get_node" => {
            let node = world.nodes.get(call.bytes("cid")).ok_or(code::NOT_FOUND)?;
            // The whole block is read for it.
            meter.charge(node.block_bytes as u64 * costs::BYTE_FUEL)?;
            call.give(meter, &node.payload)
        }
        "host_contains_node" => Ok(says(i64::from(world.nodes.contains_key(call.bytes("cid"))))),
        "host_anchor_to_dag" => {
            let cid = call.bytes("cid");
            world.nodes.get(cid).ok_or(code::NOT_FOUND)?;
            if world.done.anchors >= limits::ANCHORS_MAX {
                return Err(code::LIMIT.into());
            }
            Ok(does(Effect::Anchor(cid.to_vec(), call.bytes("topic").to_vec())))
        }
        // No authority issues for a scope, and none is trusted.
        "host_credential_status" => Err(code::NOT_FOUND.into()),
        "host_issue_credential"
        | "host_revoke_credential"
        | "host_verify_credential"
        | "host_transfer_cross" => Err(code::DENIED.into()),
        "host_verify_signature" => {
            let key = did(call.bytes("did")).ok_or(code::INVALID_ARGUMENT)?;
            let made = (key, call.bytes("message").to_vec(), call.bytes("signature").to_vec());
            Ok(says(i64::from(world.signatures.contains(&made))))
        }
        other => panic!("the model has no function {other}"),
    }
}

/// SHA-256 of the seed and each block's number, one after the other.
fn random(seed: &[u8; 32], first: u64, bytes: usize) -> Vec<u8> {
    let blocks = (first..).take(bytes.div_ceil(32));
    let mut all: Vec<u8> =
        blocks.flat_map(|block| Hash::digest(&[&seed[..], &block.to_be_bytes()[..]].concat()).0).collect();
    all.truncate(bytes);
    all
}

/// A key gets a value, or loses it.
fn change(call: &Call<'_>, value: Option<&[u8]>) -> Result<Said, Stop> {
    let (world, key) = (call.world, call.bytes("key"));
    let before = world.values.get(key);
    let kept = |value: usize| (key.len() + value) as i64;
    let more = value.map_or(0, |value| kept(value.len())) - before.map_or(0, |value| kept(value.len()));
    if more > world.storage_left {
        return Err(code::EXHAUSTED.into());
    }
    let changed = &world.done.changed;
    let others: usize =
        changed.iter().filter(|(other, _)| other.as_slice() != key).map(|(_, bytes)| bytes).sum();
    let bytes = others + key.len() + value.map_or(0, <[u8]>::len);
    let again = changed.contains_key(key);
    if bytes > limits::WRITE_SET_BYTES_MAX || (!again && changed.len() >= limits::WRITES_MAX) {
        return Err(code::LIMIT.into());
    }
    let unchanged = !again && before.map(Vec::as_slice) == value;
    let effect = Effect::Value(key.to_vec(), value.map(<[u8]>::to_vec));
    Ok(does(if unchanged { Effect::Nothing } else { effect }))
}

/// The next key; each that this run deleted and that would have come before it is paid for.
fn scan(call: &Call<'_>, meter: &mut Meter) -> Result<Said, Stop> {
    let (world, prefix, after) = (call.world, call.bytes("prefix"), call.bytes("after"));
    let comes = |key: &Vec<u8>| key.starts_with(prefix) && (after.is_empty() || key.as_slice() > after);
    let next = world.values.keys().find(|key| comes(key));
    let deleted = world.done.changed.keys().filter(|key| comes(key) && !world.values.contains_key(*key));
    let passed = deleted.filter(|key| next.is_none_or(|next| *key < next)).count();
    for _ in 0..passed {
        meter.charge(costs::SCAN_STEP_FUEL)?;
    }
    call.give(meter, next.ok_or(code::NOT_FOUND)?)
}

fn store(call: &Call<'_>) -> Result<Said, Stop> {
    let world = call.world;
    let parents: Vec<&[u8]> = call.bytes("parents").chunks(36).collect();
    if parents.iter().any(|parent| !world.nodes.contains_key(*parent)) {
        return Err(code::CONFLICT.into());
    }
    let parents: Option<Vec<BlockId>> =
        parents.iter().map(|parent| BlockId::from_bytes(parent).ok()).collect();
    let (scope, module, payload) = (world.scope, world.module, call.bytes("payload").to_vec());
    let parents = parents.unwrap_or_default();
    let block = Block::encode(&Node { typ: NodeTag, scope, module, parents, payload: payload.clone() });
    let cid = block.id().as_bytes().to_vec();
    let written = Some((call.place("out").0, cid.clone()));
    if world.nodes.contains_key(&cid) {
        return Ok(Said { answer: 0, written, effect: Effect::Nothing });
    }
    if world.done.nodes >= limits::NODES_MAX {
        return Err(code::LIMIT.into());
    }
    let effect = Effect::Node(cid, KnownNode { payload, block_bytes: block.bytes().len() });
    Ok(Said { answer: 0, written, effect })
}
