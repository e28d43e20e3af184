//! The host's calls, with the same names and types as in `wasm/`: context, values and nodes. `money.rs` and `trust.rs`
//! have the others.

use core::ops::Bound;
use std::string::String;
use std::vec::Vec;

use super::answer::{code, put, put_or_absent, text};
use super::world::{SCOPE, with};
use crate::abi::Cid;
use crate::failure::HostError;

pub(crate) use super::money::*;
pub(crate) use super::trust::*;

pub(crate) fn get_input(out: &mut [u8]) -> i32 {
    with(|host| put(&host.input, out))
}

pub(crate) fn set_output(bytes: &[u8]) -> i32 {
    with(|host| host.output = bytes.to_vec());
    0
}

pub(crate) fn get_caller_did(out: &mut [u8]) -> i32 {
    with(|host| put(host.caller.as_bytes(), out))
}

pub(crate) fn get_scope_did(out: &mut [u8]) -> i32 {
    put(SCOPE.as_bytes(), out)
}

pub(crate) fn get_time() -> i64 {
    with(|host| host.time_ms)
}

pub(crate) fn get_random(out: &mut [u8]) -> i32 {
    for (byte, value) in out.iter_mut().zip((0..=u8::MAX).cycle()) {
        *byte = value.wrapping_mul(167).wrapping_add(13);
    }
    i32::try_from(out.len()).unwrap_or(HostError::TooLarge.code())
}

pub(crate) fn log(level: i32, bytes: &[u8]) -> i32 {
    code(text(bytes).map(|text| with(|host| host.log.push((level, text)))))
}

#[allow(clippy::panic, reason = "a test whose guest aborts has failed")]
pub(crate) fn abort(message: &[u8]) -> ! {
    panic!("the guest aborted: {}", String::from_utf8_lossy(message))
}

pub(crate) fn get_value(key: &[u8], out: &mut [u8]) -> i32 {
    with(|host| match host.granted("state") {
        Ok(()) => put_or_absent(host.values.get(key).map(Vec::as_slice), out),
        Err(denied) => denied.code(),
    })
}

pub(crate) fn set_value(key: &[u8], value: &[u8]) -> i32 {
    code(with(|host| {
        host.granted("state")?;
        let before = host.values.insert(key.to_vec(), value.to_vec());
        host.undo.push((key.to_vec(), before));
        Ok(())
    }))
}

pub(crate) fn delete_value(key: &[u8]) -> i32 {
    code(with(|host| {
        host.granted("state")?;
        let before = host.values.remove(key).ok_or(HostError::NotFound)?;
        host.undo.push((key.to_vec(), Some(before)));
        Ok(())
    }))
}

pub(crate) fn scan_keys(prefix: &[u8], after: &[u8], out: &mut [u8]) -> i32 {
    // No key that begins with the prefix comes before the prefix itself.
    let from = if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
    with(|host| {
        if let Err(denied) = host.granted("state") {
            return denied.code();
        }
        let next = host.values.range::<[u8], _>((from, Bound::Unbounded)).next();
        put_or_absent(next.map(|(key, _)| key.as_slice()).filter(|key| key.starts_with(prefix)), out)
    })
}

pub(crate) fn store_node(payload: &[u8], parents: &[Cid], out: &mut [u8; Cid::BYTES]) -> i32 {
    code(with(|host| {
        host.granted("dag")?;
        if parents.iter().any(|parent| !host.nodes.iter().any(|node| node.0 == *parent)) {
            return Err(HostError::Conflict);
        }
        *out = name(payload, parents);
        host.nodes.push((Cid::from_bytes(*out), payload.to_vec(), parents.to_vec()));
        Ok(())
    }))
}

/// Bytes in the form of a CID that differ when the node differs: four FNV-1a hashes, no SHA-256.
fn name(payload: &[u8], parents: &[Cid]) -> [u8; Cid::BYTES] {
    let mut cid = [0; Cid::BYTES];
    cid[..4].copy_from_slice(&[0x01, 0x71, 0x12, 0x20]);
    for (seed, part) in (1_u64..).zip(cid[4..].chunks_exact_mut(8)) {
        let bytes = parents.iter().flat_map(|parent| parent.as_bytes()).chain(payload);
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        part.copy_from_slice(&hash.to_le_bytes());
    }
    cid
}

pub(crate) fn get_node(cid: &[u8; Cid::BYTES], out: &mut [u8]) -> i32 {
    with(|host| {
        if let Err(denied) = host.granted("dag") {
            return denied.code();
        }
        let node = host.nodes.iter().find(|node| node.0.as_bytes() == cid);
        put_or_absent(node.map(|node| node.1.as_slice()), out)
    })
}

pub(crate) fn contains_node(cid: &[u8; Cid::BYTES]) -> i32 {
    with(|host| match host.granted("dag") {
        Ok(()) => i32::from(host.nodes.iter().any(|node| node.0.as_bytes() == cid)),
        Err(denied) => denied.code(),
    })
}

pub(crate) fn anchor_to_dag(cid: &[u8; Cid::BYTES], topic: &[u8]) -> i32 {
    code(with(|host| {
        host.granted("dag")?;
        let topic = text(topic)?;
        let cid = Cid::from_bytes(*cid);
        if !host.nodes.iter().any(|node| node.0 == cid) {
            return Err(HostError::NotFound);
        }
        host.anchors.push((cid, topic));
        Ok(())
    }))
}
