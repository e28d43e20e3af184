//! A host in memory with the same calls, so that a guest's tests run natively.
//!
//! It keeps one scope for each test thread: values, accounts, holds, nodes, anchors, credentials. [`call`] runs an
//! entry as the host does: it undoes what a failed entry did. It accepts more than the host:
//!
//! - it knows no maximum lengths, and grants every capability until a test takes it away ([`deny`]);
//! - it takes any text for a DID, a unit or a scope, and anything between braces for a JSON object;
//! - its CIDs are no SHA-256, and it verifies no signature: the test says which ones verify
//!   ([`accept_signature`], [`set_verified`]).
//!
//! A guest that passes here still has to be run by the host.

mod answer;
pub(crate) mod calls;
mod money;
mod trust;
mod undo;
mod world;

use std::borrow::ToOwned;
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;

use self::undo::Before;
pub use self::world::{Credential, Hold, MODULE, SCOPE, TIME_MS, TREASURY, Transfer};
use self::world::{Host, with};
use crate::abi::{CredentialStatus, Kind};
use crate::failure::{Failure, HostError};

/// Forgets everything that happened on this thread.
pub fn reset() {
    with(|host| *host = Host::new());
}

/// Runs an entry for `caller` and returns its output, or its failure. A failed entry has no effect.
pub fn call(caller: &str, input: &[u8], entry: fn() -> Result<(), Failure>) -> Result<Vec<u8>, Failure> {
    let before = with(|host| {
        host.caller = caller.to_owned();
        host.input = input.to_vec();
        host.output.clear();
        host.log.clear();
        host.undo.clear();
        host.void_expired();
        Before::of(host)
    });
    match entry() {
        Ok(()) => Ok(with(|host| host.output.clone())),
        Err(failure) => {
            with(|host| before.restore(host));
            Err(failure)
        }
    }
}

/// Sets the time of the invocations to come; holds whose deadline has come then are void.
pub fn set_time_ms(time_ms: i64) {
    with(|host| {
        host.time_ms = time_ms;
        host.void_expired();
    });
}

/// Takes a capability away from the guest, named as in a manifest (`mint`, `issue:member`). From now on calls that
/// need it answer `DENIED`.
pub fn deny(capability: &str) {
    with(|host| host.denied.insert(capability.to_owned()));
}

/// Sets the amount that is left of a resource. A kind that was never set has no bound.
pub fn set_remaining(kind: Kind, amount: i64) {
    with(|host| host.resources.insert(kind as i32, amount));
}

/// Sets the balance of an account: a caller's DID, [`TREASURY`], [`MODULE`], or any other name.
pub fn set_balance(owner: &str, unit: &str, amount: i64) {
    with(|host| host.accounts.insert((owner.to_owned(), unit.to_owned()), amount));
}

/// The available balance of an account; 0 when there is none.
pub fn balance(owner: &str, unit: &str) -> i64 {
    with(|host| host.balance(owner, unit))
}

/// A stored value.
pub fn value(key: &[u8]) -> Option<Vec<u8>> {
    with(|host| host.values.get(key).cloned())
}

/// Sets a value directly, for example one that an earlier version of the module left.
pub fn set_value(key: &[u8], value: &[u8]) {
    with(|host| host.values.insert(key.to_vec(), value.to_vec()));
}

/// How many values are stored.
pub fn value_count() -> usize {
    with(|host| host.values.len())
}

/// Every stored value by its key. A test can check with it that a refusal changed nothing.
pub fn values() -> BTreeMap<Vec<u8>, Vec<u8>> {
    with(|host| host.values.clone())
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

/// The lines that the last invocation logged: level and text.
pub fn logged() -> Vec<(i32, String)> {
    with(|host| host.log.clone())
}

/// How much of a unit was minted and not burned.
pub fn issued(unit: &str) -> i64 {
    with(|host| host.issued(unit))
}

/// The holds that are open, oldest first.
pub fn holds() -> Vec<Hold> {
    with(|host| host.holds.clone())
}

/// Every transfer to another scope so far, each with that scope's DID.
pub fn crossings() -> Vec<(String, Transfer)> {
    with(|host| host.crossings.clone())
}

/// Every credential so far, revoked ones too.
pub fn credentials() -> Vec<Credential> {
    with(|host| host.credentials.clone())
}

/// Suspends a credential that was issued here, or ends its suspension.
pub fn suspend(id: &str, suspended: bool) {
    with(|host| {
        for credential in host.credentials.iter_mut().filter(|credential| credential.id == id) {
            credential.suspended = suspended;
        }
    });
}

/// Sets the answer to the verification of a credential. A credential without an answer has an invalid proof.
pub fn set_verified(json: &str, answer: Result<CredentialStatus, HostError>) {
    with(|host| host.verified.insert(json.to_owned(), answer));
}

/// Makes a signature verify. No other signature does.
pub fn accept_signature(did: &str, message: &[u8], signature: &[u8; 64]) {
    with(|host| host.signatures.insert((did.to_owned(), message.to_vec(), *signature)));
}
