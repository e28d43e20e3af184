//! A host in memory, behind the same calls, so that a guest's own tests run natively.
//!
//! It keeps one scope for each test thread: values, accounts, nodes, anchors. [`call`] runs an entry the way
//! the host does: what a failed entry did is undone. It says yes more often than the host: it knows no
//! maximum lengths and no capabilities, takes any text for a DID, and its CIDs are no SHA-256. A guest that
//! passes here still has to be run by the host.

use core::cell::RefCell;
use std::borrow::ToOwned;
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;

use crate::Failure;
use crate::dag::Cid;
use crate::resource::Kind;

/// The DID of the fake scope.
pub const SCOPE: &str = "did:key:scope";
/// The name under which the fake keeps the scope's treasury.
pub const TREASURY: &str = "treasury";
/// The name under which the fake keeps the module's own account.
pub const MODULE: &str = "module";
/// The time of every invocation, until [`set_time_ms`].
pub const TIME_MS: i64 = 1_600_000_000_000;

/// A transfer that a guest made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The account that was debited.
    pub from: String,
    /// The account that was credited.
    pub to: String,
    /// The unit.
    pub unit: String,
    /// How much.
    pub amount: i64,
    /// What for.
    pub memo: String,
}

#[derive(Clone, Default)]
struct Host {
    caller: String,
    input: Vec<u8>,
    output: Vec<u8>,
    time_ms: i64,
    log: Vec<(i32, String)>,
    resources: BTreeMap<i32, i64>,
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What values were before this invocation touched them, latest last.
    undo: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    accounts: BTreeMap<(String, String), i64>,
    transfers: Vec<Transfer>,
    nodes: Vec<(Cid, Vec<u8>, Vec<Cid>)>,
    anchors: Vec<(Cid, String)>,
}

std::thread_local! {
    static HOST: RefCell<Host> = RefCell::new(Host { time_ms: TIME_MS, ..Host::default() });
}

fn with<T>(use_host: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with(|host| use_host(&mut host.borrow_mut()))
}

/// Forgets everything that happened on this thread.
pub fn reset() {
    with(|host| *host = Host { time_ms: TIME_MS, ..Host::default() });
}

/// Runs an entry for `caller` and answers its output, or how it failed; then nothing of it stays.
pub fn call(caller: &str, input: &[u8], entry: fn() -> Result<(), Failure>) -> Result<Vec<u8>, Failure> {
    let (accounts, transfers, nodes, anchors) = with(|host| {
        host.caller = caller.to_owned();
        host.input = input.to_vec();
        host.output.clear();
        host.log.clear();
        host.undo.clear();
        (host.accounts.clone(), host.transfers.len(), host.nodes.len(), host.anchors.len())
    });
    match entry() {
        Ok(()) => Ok(with(|host| host.output.clone())),
        Err(failure) => {
            with(|host| {
                while let Some((key, before)) = host.undo.pop() {
                    match before {
                        Some(value) => host.values.insert(key, value),
                        None => host.values.remove(&key),
                    };
                }
                host.accounts = accounts;
                host.transfers.truncate(transfers);
                host.nodes.truncate(nodes);
                host.anchors.truncate(anchors);
            });
            Err(failure)
        }
    }
}

/// Sets the time of the invocations to come.
pub fn set_time_ms(time_ms: i64) {
    with(|host| host.time_ms = time_ms);
}

/// Sets what is left of a resource; a kind that was never set has no bound.
pub fn set_remaining(kind: Kind, amount: i64) {
    with(|host| host.resources.insert(kind as i32, amount));
}

/// Sets the balance of an account: a caller's DID, [`TREASURY`], [`MODULE`], or any other name.
pub fn set_balance(owner: &str, unit: &str, amount: i64) {
    with(|host| host.accounts.insert((owner.to_owned(), unit.to_owned()), amount));
}

/// The balance of an account; 0 when there is none.
pub fn balance(owner: &str, unit: &str) -> i64 {
    with(|host| host.accounts.get(&(owner.to_owned(), unit.to_owned())).copied().unwrap_or(0))
}

/// A value as it is kept.
pub fn value(key: &[u8]) -> Option<Vec<u8>> {
    with(|host| host.values.get(key).cloned())
}

/// How many values are kept.
pub fn value_count() -> usize {
    with(|host| host.values.len())
}

/// Every transfer so far.
pub fn transfers() -> Vec<Transfer> {
    with(|host| host.transfers.clone())
}

/// Every anchor so far: the payload of the node, and the topic.
pub fn anchors() -> Vec<(Vec<u8>, String)> {
    with(|host| {
        let payload = |cid| host.nodes.iter().find(|node| node.0 == cid).map(|node| node.1.clone());
        host.anchors.iter().map(|(cid, topic)| (payload(*cid).unwrap_or_default(), topic.clone())).collect()
    })
}

/// What the last invocation logged: level and text.
pub fn logged() -> Vec<(i32, String)> {
    with(|host| host.log.clone())
}

/// The calls themselves, as `wasm.rs` has them.
pub(crate) mod calls {
    use super::{Cid, Host, Kind, MODULE, SCOPE, TREASURY, Transfer, with};
    use crate::HostError;
    use core::ops::Bound;
    use std::borrow::ToOwned;
    use std::collections::BTreeMap;
    use std::string::String;
    use std::vec::Vec;

    fn code(result: Result<(), HostError>) -> i32 {
        result.map_or_else(HostError::code, |()| 0)
    }

    /// The convention of outputs: nothing is written when it does not fit.
    fn put(bytes: &[u8], out: &mut [u8]) -> i32 {
        if let Some(room) = out.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
        }
        i32::try_from(bytes.len()).unwrap_or(HostError::TooLarge.code())
    }

    fn put_or_absent(bytes: Option<&[u8]>, out: &mut [u8]) -> i32 {
        bytes.map_or(HostError::NotFound.code(), |bytes| put(bytes, out))
    }

    fn text(bytes: &[u8]) -> Result<String, HostError> {
        core::str::from_utf8(bytes).map(ToOwned::to_owned).map_err(|_| HostError::InvalidUtf8)
    }

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
        put(&[], out)
    }

    pub(crate) fn log(level: i32, bytes: &[u8]) -> i32 {
        code(text(bytes).map(|text| with(|host| host.log.push((level, text)))))
    }

    #[allow(clippy::panic, reason = "a test whose guest aborts has failed")]
    pub(crate) fn abort(message: &[u8]) -> ! {
        panic!("the guest aborted: {}", String::from_utf8_lossy(message))
    }

    fn left(host: &Host, kind: i32, amount: i64) -> Result<i64, HostError> {
        if !(Kind::Compute as i32..=Kind::MemoryPages as i32).contains(&kind) || amount < 0 {
            return Err(HostError::InvalidArgument);
        }
        Ok(host.resources.get(&kind).copied().unwrap_or(i64::MAX))
    }

    pub(crate) fn check_resource_authorization(kind: i32, amount: i64) -> i32 {
        with(|host| left(host, kind, amount).map_or_else(HostError::code, |left| i32::from(amount <= left)))
    }

    pub(crate) fn record_resource_usage(kind: i32, amount: i64) -> i32 {
        code(with(|host| {
            let rest = left(host, kind, amount)? - amount;
            if rest < 0 {
                return Err(HostError::Exhausted);
            }
            host.resources.insert(kind, rest);
            Ok(())
        }))
    }

    pub(crate) fn get_resource_remaining(kind: i32) -> i64 {
        with(|host| left(host, kind, 0).unwrap_or_else(|error| i64::from(error.code())))
    }

    pub(crate) fn get_balance(owner: &[u8], unit: &[u8]) -> i64 {
        let found = text(owner)
            .and_then(|owner| Ok((owner, text(unit)?)))
            .and_then(|account| with(|host| host.accounts.get(&account).copied()).ok_or(HostError::NotFound));
        found.unwrap_or_else(|error| i64::from(error.code()))
    }

    pub(crate) fn transfer(from: i32, to: &[u8], unit: &[u8], amount: i64, memo: &[u8]) -> i32 {
        code(with(|host| {
            let (to, unit, memo) = (text(to)?, text(unit)?, text(memo)?);
            let from = match from {
                0 => host.caller.clone(),
                1 => MODULE.to_owned(),
                2 => TREASURY.to_owned(),
                _ => return Err(HostError::InvalidArgument),
            };
            if amount <= 0 {
                return Err(HostError::InvalidArgument);
            }
            move_amount(&mut host.accounts, (&from, &to), &unit, amount)?;
            host.transfers.push(Transfer { from, to, unit, amount, memo });
            Ok(())
        }))
    }

    fn move_amount(
        accounts: &mut BTreeMap<(String, String), i64>,
        (from, to): (&str, &str),
        unit: &str,
        amount: i64,
    ) -> Result<(), HostError> {
        let account = |owner: &str| (owner.to_owned(), unit.to_owned());
        let balance = |owner: &str| accounts.get(&account(owner)).copied().unwrap_or(0);
        if balance(from) < amount || balance(to).checked_add(amount).is_none() {
            return Err(HostError::Exhausted);
        }
        *accounts.entry(account(from)).or_default() -= amount;
        *accounts.entry(account(to)).or_default() += amount;
        Ok(())
    }

    pub(crate) fn get_value(key: &[u8], out: &mut [u8]) -> i32 {
        with(|host| put_or_absent(host.values.get(key).map(Vec::as_slice), out))
    }

    pub(crate) fn set_value(key: &[u8], value: &[u8]) -> i32 {
        with(|host| {
            let before = host.values.insert(key.to_vec(), value.to_vec());
            host.undo.push((key.to_vec(), before));
        });
        0
    }

    pub(crate) fn delete_value(key: &[u8]) -> i32 {
        code(with(|host| {
            let before = host.values.remove(key).ok_or(HostError::NotFound)?;
            host.undo.push((key.to_vec(), Some(before)));
            Ok(())
        }))
    }

    pub(crate) fn scan_keys(prefix: &[u8], after: &[u8], out: &mut [u8]) -> i32 {
        // No key that begins with the prefix comes before the prefix itself.
        let from = if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
        with(|host| {
            let next = host.values.range::<[u8], _>((from, Bound::Unbounded)).next();
            put_or_absent(next.map(|(key, _)| key.as_slice()).filter(|key| key.starts_with(prefix)), out)
        })
    }

    pub(crate) fn store_node(payload: &[u8], parents: &[Cid], out: &mut [u8; Cid::BYTES]) -> i32 {
        code(with(|host| {
            if parents.iter().any(|parent| !host.nodes.iter().any(|node| node.0 == *parent)) {
                return Err(HostError::Conflict);
            }
            *out = name(payload, parents);
            host.nodes.push((Cid::from_bytes(*out), payload.to_vec(), parents.to_vec()));
            Ok(())
        }))
    }

    /// Something of the shape of a CID that differs when the node differs: four FNV-1a hashes, no SHA-256.
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
            let node = host.nodes.iter().find(|node| node.0.as_bytes() == cid);
            put_or_absent(node.map(|node| node.1.as_slice()), out)
        })
    }

    pub(crate) fn contains_node(cid: &[u8; Cid::BYTES]) -> i32 {
        with(|host| i32::from(host.nodes.iter().any(|node| node.0.as_bytes() == cid)))
    }

    pub(crate) fn anchor_to_dag(cid: &[u8; Cid::BYTES], topic: &[u8]) -> i32 {
        code(with(|host| {
            let topic = text(topic)?;
            let cid = Cid::from_bytes(*cid);
            if !host.nodes.iter().any(|node| node.0 == cid) {
                return Err(HostError::NotFound);
            }
            host.anchors.push((cid, topic));
            Ok(())
        }))
    }
}
