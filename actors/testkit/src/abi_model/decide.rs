//! What arguments mean, and what a call with sound ones comes to.

use icn_core::block::{Node, NodeTag};
use icn_core::encode::Block;
use icn_core::id::{BlockId, Hash};
use icn_core::{costs, limits, sign};

use super::order::{Call, Done, Meter, Stop};
use super::spelling::{Account, did, is_cid, is_credential_type, is_token, is_utf8, owner};
use super::{Effect, Kind, Number, Text, Trap, World, code, is_object};

/// Reads what an argument means.
pub(super) fn meaning(call: &Call<'_>, index: usize) -> Result<(), Stop> {
    let sound = match call.function.parameters[index].1 {
        Kind::Text(_, text) => {
            let bytes = call.bytes_at(index);
            if !is_utf8(bytes) {
                return Err(code::INVALID_UTF8.into());
            }
            match text {
                Text::Any => true,
                Text::Did => did(bytes).is_some(),
                Text::Owner => owner(bytes).is_some(),
                Text::Token => is_token(bytes),
                Text::CredentialType => is_credential_type(bytes),
                Text::Object => is_object(bytes),
            }
        }
        Kind::Filled(_) => !call.bytes_at(index).is_empty(),
        Kind::Cid => is_cid(call.bytes_at(index)),
        Kind::Cids(_) => call.bytes_at(index).chunks(36).all(is_cid),
        Kind::Small(number) => {
            let (given, max) = (call.number_at(index), if number == Number::Purse { 2 } else { 4 });
            given <= max
        }
        Kind::Large(number) => {
            // As the guest means it: with a sign.
            let (given, now) =
                (i128::from(call.number_at(index).cast_signed()), i128::from(call.world.time_ms));
            match number {
                Number::Deadline => given > now && given - now <= i128::from(limits::HOLD_AHEAD_MS_MAX),
                Number::Until => given == 0 || given > now,
                _ => given > 0,
            }
        }
        Kind::Bytes(_) | Kind::Cut(_) | Kind::Fixed(_) => true,
        Kind::Out | Kind::OutFilled(_) | Kind::OutFixed(_) => true,
    };
    if sound { Ok(()) } else { Err(code::INVALID_ARGUMENT.into()) }
}

const fn says(answer: i64) -> Done {
    Done { answer, written: None, effect: Effect::Nothing }
}
const fn does(effect: Effect) -> Done {
    Done { answer: 0, written: None, effect }
}

pub(super) fn decide(call: &Call<'_>, meter: &mut Meter) -> Result<Done, Stop> {
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
            let written = Some((at, random(&world.seed, length)));
            Ok(Done { answer: length as i64, written, effect: Effect::Nothing })
        }
        "host_log" => Ok(does(Effect::Line(call.number("level") as u8, call.bytes("ptr").to_vec()))),
        "host_abort" => {
            let whole = call.bytes("ptr");
            let cut = &whole[..whole.len().min(limits::ABORT_TEXT_BYTES_MAX)];
            Err(Stop::Trap(Trap::Aborted(String::from_utf8_lossy(cut).into_owned())))
        }
        "host_check_resource_authorization" => {
            let left = left(call, meter)?;
            Ok(says(i64::from(i128::from(call.number("amount")) <= left)))
        }
        "host_get_resource_remaining" => Ok(says(left(call, meter)? as i64)),
        "host_record_resource_usage" => record(call, meter),
        "host_get_balance" => Ok(says(balance(world, call.bytes("unit"), owner(call.bytes("owner"))) as i64)),
        "host_transfer" | "host_hold" | "host_mint" | "host_burn" => transfer(call),
        "host_settle_hold" | "host_void_hold" => Err(code::NOT_FOUND.into()),
        "host_get_value" => call.give(meter, world.values.get(call.bytes("key")).ok_or(code::NOT_FOUND)?),
        "host_set_value" => {
            let (key, value) = (call.bytes("key"), call.bytes("value"));
            let unchanged = world.values.get(key).is_some_and(|before| before == value);
            let effect = Effect::Value(key.to_vec(), Some(value.to_vec()));
            Ok(does(if unchanged { Effect::Nothing } else { effect }))
        }
        "host_delete_value" => {
            let key = call.bytes("key");
            world.values.get(key).ok_or(code::NOT_FOUND)?;
            Ok(does(Effect::Value(key.to_vec(), None)))
        }
        "host_scan_keys" => {
            let (prefix, after) = (call.bytes("prefix"), call.bytes("after"));
            let mut keys = world.values.keys().filter(|key| key.starts_with(prefix));
            let next = keys.find(|key| after.is_empty() || key.as_slice() > after);
            call.give(meter, next.ok_or(code::NOT_FOUND)?)
        }
        "host_store_node" => store(call),
        "host_get_node" => {
            let payload = world.nodes.get(call.bytes("cid")).ok_or(code::NOT_FOUND)?;
            // The whole block is read for it: the model's nodes have no parents, and names are of one length.
            let block = node(world, Vec::new(), payload);
            meter.charge(block.bytes().len() as u64 * costs::BYTE_FUEL)?;
            call.give(meter, payload)
        }
        "host_contains_node" => Ok(says(i64::from(world.nodes.contains_key(call.bytes("cid"))))),
        "host_anchor_to_dag" => {
            let cid = call.bytes("cid");
            world.nodes.get(cid).ok_or(code::NOT_FOUND)?;
            Ok(does(Effect::Anchor(cid.to_vec(), call.bytes("topic").to_vec())))
        }
        // No authority issues for a scope, and none is trusted.
        "host_credential_status" => Err(code::NOT_FOUND.into()),
        "host_issue_credential"
        | "host_revoke_credential"
        | "host_verify_credential"
        | "host_transfer_cross" => Err(code::DENIED.into()),
        "host_verify_signature" => {
            let signature = call.bytes("signature").try_into().unwrap_or([0; 64]);
            let did =
                did(call.bytes("did")).map(icn_core::id::Did::from_key).ok_or(code::INVALID_ARGUMENT)?;
            Ok(says(i64::from(sign::verify_raw(&did, call.bytes("message"), &signature))))
        }
        other => panic!("the model has no function {other}"),
    }
}

/// SHA-256 of the seed and each block's number, one after the other.
fn random(seed: &[u8; 32], bytes: usize) -> Vec<u8> {
    let blocks = (0u64..).take(bytes.div_ceil(32));
    let mut all: Vec<u8> =
        blocks.flat_map(|block| Hash::digest(&[&seed[..], &block.to_be_bytes()[..]].concat()).0).collect();
    all.truncate(bytes);
    all
}

fn left(call: &Call<'_>, meter: &mut Meter) -> Result<i128, Stop> {
    let world = call.world;
    Ok(match call.number("kind") {
        0 => i128::from(meter.left()),
        1 => i128::from(world.storage_left),
        2 => i128::from(world.network_left),
        3 => {
            meter.charge(costs::LEDGER_FUEL)?;
            balance(world, &world.token, Some(Account::Member(key_of(world))))
        }
        _ => i128::from(world.pages_left),
    })
}

fn key_of(world: &World) -> [u8; 32] {
    did(world.caller.as_str().as_bytes()).unwrap_or_default()
}

fn balance(world: &World, unit: &[u8], account: Option<Account>) -> i128 {
    let account = account.filter(|_| unit == world.token);
    account.and_then(|account| world.balances.get(&account).copied()).unwrap_or(0)
}

fn record(call: &Call<'_>, meter: &mut Meter) -> Result<Done, Stop> {
    let amount = call.number("amount");
    match call.number("kind") {
        0 if meter.left() < amount => Err(code::EXHAUSTED.into()),
        0 => meter.charge(amount).map(|()| says(0)),
        2 if call.world.network_left < amount => Err(code::EXHAUSTED.into()),
        2 => Ok(does(Effect::Network(amount))),
        3 if left(call, meter)? < i128::from(amount) => Err(code::EXHAUSTED.into()),
        3 => Ok(does(Effect::Transfer(amount))),
        _ => Err(code::INVALID_ARGUMENT.into()),
    }
}

/// Whatever moves units: who pays, who is paid, and whether it is covered.
fn transfer(call: &Call<'_>) -> Result<Done, Stop> {
    let (world, name) = (call.world, call.function.name);
    let amount = call.number("amount");
    let to = if name == "host_burn" { None } else { owner(call.bytes("to")) };
    if to == Some(Account::Reserved) {
        return Err(code::DENIED.into());
    }
    if name != "host_mint" {
        let from = match call.number("from") {
            0 => Account::Member(key_of(world)),
            1 => Account::Module(world.module.as_bytes().to_vec()),
            _ => Account::Treasury,
        };
        if to.as_ref() == Some(&from) {
            return Err(code::INVALID_ARGUMENT.into());
        }
        if balance(world, call.bytes("unit"), Some(from)) < i128::from(amount) {
            return Err(code::EXHAUSTED.into());
        }
    }
    let id = || Hash::digest(&[&b"icn-runtime/v1/hold"[..], &world.seed, &0u64.to_be_bytes()].concat()).0;
    let written = (name == "host_hold").then(|| (call.place("out").0, id()[..16].to_vec()));
    Ok(Done { answer: 0, written, effect: Effect::Transfer(amount) })
}

fn store(call: &Call<'_>) -> Result<Done, Stop> {
    let world = call.world;
    let parents: Vec<&[u8]> = call.bytes("parents").chunks(36).collect();
    if parents.iter().any(|parent| !world.nodes.contains_key(*parent)) {
        return Err(code::CONFLICT.into());
    }
    let parents: Option<Vec<BlockId>> =
        parents.iter().map(|parent| BlockId::from_bytes(parent).ok()).collect();
    let block = node(world, parents.unwrap_or_default(), call.bytes("payload"));
    let cid = block.id().as_bytes().to_vec();
    let effect = if world.nodes.contains_key(&cid) { Effect::Nothing } else { Effect::Node(cid.clone()) };
    Ok(Done { answer: 0, written: Some((call.place("out").0, cid)), effect })
}

fn node(world: &World, parents: Vec<BlockId>, payload: &[u8]) -> Block {
    let (scope, module, payload) = (world.scope, world.module, payload.to_vec());
    Block::encode(&Node { typ: NodeTag, scope, module, parents, payload })
}
